// Writing moments in the mission's time zone, as the list beside them does.

export const HOUR = 3_600_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @param {string} zone of the mission, IANA @returns {(ms: number) => string} writes such as "13 Aug 02:10" */
export function clockOf(zone) {
  const two = "2-digit";
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone, hourCycle: "h23", month: "numeric", day: "numeric", hour: two, minute: two,
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
    return `${part.day} ${MONTHS[part.month - 1]} ${part.hour}:${part.minute}`;
  };
}
