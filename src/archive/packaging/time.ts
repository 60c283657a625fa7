import { PackagingError } from './packaging-error.js';

/** The earliest time that a zip can hold; a day of no meaning, so that nobody takes it for one. */
const beginning = Date.UTC(1980, 0, 1);

/**
 * The time that an archive bears, in its manifest and for each of its files. It takes no clock and no file's date, so that the
 * same input makes the same archive whenever and wherever: SOURCE_DATE_EPOCH where that is set, else 1 January 1980.
 * @throws {PackagingError} if SOURCE_DATE_EPOCH is no number of seconds.
 */
export function packageTime(env: NodeJS.ProcessEnv): Date {
  const given = env['SOURCE_DATE_EPOCH'];
  if (given === undefined || given === '') {
    return new Date(beginning);
  }
  const time = new Date(Number(given) * 1000);
  if (!/^\d+$/.test(given) || Number.isNaN(time.getTime())) {
    throw new PackagingError(`SOURCE_DATE_EPOCH is '${given}', should be seconds since 1970 as a whole number`);
  }
  return new Date(Math.max(time.getTime(), beginning));
}

/** `DD/MM/YYYY HH:MM:SS`, in UTC. */
export function createdOn(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().slice(0, 19).split('T');
  return `${date.split('-').reverse().join('/')} ${clock}`;
}
