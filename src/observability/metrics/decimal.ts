/** `.001` to `.999` without zeros at the end, by thousandths. */
const fractions = Array.from({ length: 1000 }, (_, thousandths) =>
  (thousandths / 1000).toFixed(3).slice(1).replace(/0+$/, ''),
);

/**
 * A number in the form of a Java double, which is what existing readers of the logs and of /metrics have seen:
 * always with a fraction, and with an exponent below 0.001 and from ten million on.
 */
export function decimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : fraction(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

/** Most are times in whole thousandths: put together from whole numbers they take a fifth of the time of `String`. */
function fraction(value: number): string {
  const thousandths = Math.round(value * 1000);
  if (value < 0 || thousandths / 1000 !== value) return String(value);
  const whole = Math.floor(thousandths / 1000);
  return `${whole}${fractions[thousandths - whole * 1000]}`;
}
