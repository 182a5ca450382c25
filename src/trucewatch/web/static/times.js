// Writing moments.

export const HOUR = 3_600_000;

/** @param {number} ms @returns {string} such as "13 Aug 02:10" */
export function inUtc(ms) {
  const d = new Date(ms);
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][d.getUTCMonth()];
  const two = (n) => String(n).padStart(2, "0");
  return `${d.getUTCDate()} ${month} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
}
