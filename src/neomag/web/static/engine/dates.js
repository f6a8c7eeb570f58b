/**
 * Dates and times in ISO 8601, as Python's `datetime.fromisoformat` takes them, but for the one stray sign before a zone that
 * some of its versions overlook; exact to the microsecond.
 */

const DATES = [
  { form: /^(\d{4})-(\d\d)-(\d\d)$/, of: calendar },
  { form: /^(\d{4})(\d\d)(\d\d)$/, of: calendar },
  { form: /^(\d{4})-W(\d\d)(?:-(\d))?$/, of: week },
  { form: /^(\d{4})W(\d\d)(\d)?$/, of: week },
];
const TIMES = [/^(\d\d)(?::(\d\d)(?::(\d\d))?)?(?:[.,](\d+))?$/, /^(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d+))?$/];
const DAY = 86400;

/** Days since 1970 of a date of the calendar; null when there is no such day. */
function calendar(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const there = year >= 1 && date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return there ? date.getTime() / 1000 / DAY : null;
}

/** Days since 1970 of a day of an ISO week. */
function week(year, number, day = 1) {
  const monday = (of) => {
    const fourth = calendar(of, 1, 4);
    return fourth - ((fourth + 3) % 7 + 7) % 7;
  };
  if (year < 1 || number < 1 || day < 1 || day > 7) return null;
  const found = monday(year) + 7 * (number - 1);
  return found < monday(year + 1) ? found + day - 1 : null;
}

/** [seconds, microseconds] of a time of day or an offset; null when it is none. */
function clock(text) {
  for (const form of TIMES) {
    const found = form.exec(text);
    if (found) {
      const [hours, minutes, seconds] = found.slice(1, 4).map((part) => Number(part || 0));
      if (hours > 23 || minutes > 59 || seconds > 59) return null;
      return [3600 * hours + 60 * minutes + seconds, Number((found[4] || "").slice(0, 6).padEnd(6, "0"))];
    }
  }
  return null;
}

/** Where the date ends: there may be hyphens in it or not, and a week may stand with its day or without. */
function dateLength(text) {
  if (text[4] === "-") {
    if (text[5] !== "W") return 10;
    return text[8] === "-" && !/\d/.test(text[10] || "") ? 10 : 8;
  }
  if (text[4] !== "W") return 8;
  const end = 7 + /^\d*/.exec(text.slice(7))[0].length;
  if (end < 9) return end;
  return end % 2 === 0 ? 7 : 8;
}

/** A date and time as {seconds, micros, zoned}: since 1970, in UTC when it tells its zone. Null when it is none. */
export function moment(text) {
  const cut = dateLength(text);
  const date = text.slice(0, cut);
  let rest = text.slice(cut + 1);
  let day = null;
  for (const { form, of } of DATES) {
    const found = form.exec(date);
    if (found) day = of(...found.slice(1).filter((part) => part !== undefined).map(Number));
  }
  if (day === null) return null;
  let offset = [0, 0];
  let sign = 1;
  const zone = rest.search(/[-+Z]/);
  if (zone >= 0) {
    const written = rest.slice(zone + 1);
    sign = rest[zone] === "-" ? -1 : 1;
    offset = rest[zone] === "Z" ? (written ? null : [0, 0]) : clock(written);
    rest = rest.slice(0, zone);
  }
  const time = rest || zone >= 0 ? clock(rest) : [0, 0];
  if (offset === null || time === null) return null;
  return { seconds: day * DAY + time[0] - sign * offset[0], micros: time[1] - sign * offset[1], zoned: zone >= 0 };
}
