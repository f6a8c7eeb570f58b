/** Numbers as the page's language writes them and as the service does: halves go to the even digit. */

const { lang, dataset } = document.documentElement;

// Where readers write a decimal comma too, thousands are not set apart: their mark might be taken for one.
export const numbers = (options) =>
  new Intl.NumberFormat(lang, { roundingMode: "halfEven", useGrouping: !("commas" in dataset), ...options });
