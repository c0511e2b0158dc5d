// Builds elements. Text only ever goes in as text: names and numbers come from strangers.

/** Make an element; `attributes` are set as attributes, children are elements or texts. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite; it is decoration, so the word must stand beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Put a text where it differs, so that nothing is read out or repainted for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An icon and a word in one pill; the tone gives the colour, never the meaning. */
export function pill(tone, iconName, word) {
  return el("span", { class: `pill ${tone}` }, icon(iconName), el("span", {}, word));
}
