// Draws results. Every text goes in as textContent; nothing that comes back is ever markup.

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function labelOf(symbol, title, view) {
  return view.labels[view.language]?.[symbol] || title || view.labels.en?.[symbol] || "";
}

function shown(score) {
  return score > 0 && score < 0.0005 ? "<0.001" : score.toFixed(3);
}

function step({ symbol, score, title = "" }, depth, last, view) {
  const row = element("li", last ? "step last" : "step");
  row.dataset.depth = String(depth);
  const label = element("span", "label", labelOf(symbol, title, view));
  const meter = element("span", "meter");
  const bar = element("span");
  bar.style.width = `${Math.round(1000 * score) / 10}%`;
  meter.append(bar);
  meter.setAttribute("aria-hidden", "true");
  row.append(element("span", "symbol", symbol), label, meter, element("span", "score", shown(score)));
  return row;
}

// How many steps a path shares with the one before it: they are drawn once, as in a tree.
function shared(before, suggestion) {
  if (!before) return 0;
  const above = [...before.path, before].map((ancestor) => ancestor.symbol);
  const differs = suggestion.path.findIndex((ancestor, depth) => ancestor.symbol !== above[depth]);
  return differs < 0 ? suggestion.path.length : differs;
}

function path(suggestion, before, view) {
  const from = shared(before, suggestion);
  const item = element("li", from ? "path continued" : "path");
  const steps = element("ol", "steps");
  if (from) {
    const above = suggestion.path.slice(0, from).map((ancestor) => ancestor.symbol).join(", ");
    item.append(element("span", "hidden", `Also below ${above}:`));
  }
  suggestion.path.forEach((ancestor, depth) => {
    if (depth >= from) steps.append(step(ancestor, depth, false, view));
  });
  const last = step(suggestion, suggestion.path.length, true, view);
  if (suggestion.kind === "additional") {
    last.querySelector(".label").append(" ", element("span", "kind", "additional"));
  }
  steps.append(last);
  item.append(steps);
  return item;
}

function head(result) {
  const row = element("span", "head");
  const decision = result.error ? "failed" : result.route.decision;
  row.append(element("span", "id", result.id), element("span", `badge ${decision}`, decision));
  const best = result.suggestions[0];
  if (best) row.append(element("span", "best", `${best.symbol} ${shown(best.score)}`));
  return row;
}

function fill(into, result, view) {
  if (result.error) {
    into.append(element("p", "error", result.error.message));
    return;
  }
  into.append(element("p", "reason", result.route.reason));
  if (!result.suggestions.length) {
    into.append(element("p", "reason", "No symbol reaches the minimum score at this level. Lower it, or choose a higher level."));
    return;
  }
  const list = element("ol", "paths");
  result.suggestions.forEach((suggestion, i, all) => list.append(path(suggestion, all[i - 1], view)));
  into.append(list);
}

function filing(result, open, view) {
  const box = element("details", "filing");
  const summary = element("summary");
  summary.append(head(result));
  box.append(summary);
  // A weekly file has hundreds of filings: a body is drawn when it is first opened.
  const draw = () => {
    if (box.open && box.children.length === 1) fill(box, result, view);
  };
  box.open = open;
  draw();
  box.addEventListener("toggle", draw);
  return box;
}

export function draw(into, results, view) {
  const opened = [...into.children].map((box) => box.open);
  into.replaceChildren(
    ...results.map((result, i) => filing(result, opened[i] ?? i === 0, view)),
  );
}

export function lackTitles(results) {
  return results.some((result) => result.suggestions.some((found) => !found.title));
}

export function count(results) {
  const failed = results.filter((result) => result.error).length;
  const assign = results.filter((result) => !result.error && result.route.decision === "assign").length;
  const review = results.length - assign - failed;
  const parts = [`${results.length} filings`, `${assign} to assign`, `${review} to review`];
  if (failed) parts.push(`${failed} not read`);
  return parts.join(", ");
}
