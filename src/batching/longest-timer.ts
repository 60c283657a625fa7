/** What setTimeout can hold, in ms: 24.8 days. It takes anything longer for 1 ms, so every wait that users set is cut to it. */
export const longestTimerMs = 2 ** 31 - 1;
