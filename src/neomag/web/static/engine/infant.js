/** Findings of the infant itself: age, gestation, weights, sex, and where it is. */

function field(builder, index, params) {
  const name = params.field;
  builder.atEnd.push((row, kase) => {
    row[index] = name === "age" ? kase.now : name === "setting" ? kase.setting : kase.infant[name];
  });
}

function problem(builder, index, params) {
  builder.atEnd.push((row, kase) => {
    row[index] = kase.problems.some(({ code }) => code === params.code);
  });
}

export const KINDS = { infant: field, "reading-problem": problem };
