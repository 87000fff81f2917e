// Drawing helpers of the page: elements, icons, avatars, colours.
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'html') node.innerHTML = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const colour = (number) => `#${(Number(number) & 0xffffff).toString(16).padStart(6, '0')}`;

const worst = 0x404249; // The lightest background that a name stands on.
function luminance(number) {
  const part = (shift) => {
    const c = ((number >> shift) & 255) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0);
}

/// A role's colour as text: mixed with white until it has the contrast of WCAG AA (4.5) wherever a name stands.
export function readable(number) {
  const mixed = (share) =>
    [16, 8, 0].reduce((all, shift) => {
      const c = (number >> shift) & 255;
      return all | (Math.round(c + (255 - c) * share) << shift);
    }, 0);
  let share = 0;
  while (share < 1 && (luminance(mixed(share)) + 0.05) / (luminance(worst) + 0.05) < 4.5) share += 0.05;
  return colour(mixed(Math.min(1, share)));
}

/// Gives `parent` exactly these children. What stays is not moved, so that it keeps focus, choice and open menu.
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, i) => {
    if (parent.childNodes[i] !== node) parent.insertBefore(node, parent.childNodes[i] ?? null);
  });
}

/// Calls `make` for the children of `node`, unless `data` is what they were made of the last time.
export function redraw(node, data, make) {
  const text = JSON.stringify(data);
  if (node.source === text) return;
  node.source = text;
  node.replaceChildren(...make());
}

/// Drawn here, since not every machine has a font with such signs. Without a title it says nothing to a reader.
export function icon(name, title) {
  const paths = {
    lock: 'M5 7V5a3 3 0 0 1 6 0v2h1v7H4V7zm1.5 0h3V5a1.5 1.5 0 0 0-3 0z',
    crown: 'M2 4l3 3 3-4 3 4 3-3-1 8H3z',
    down: 'M3 6l5 5 5-5-1-1-4 4-4-4z',
    people:
      'M6 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-5 6c0-3 2-5 5-5s5 2 5 5zm9-6a3 3 0 1 0 0-6c1 2 1 4 0 6m2 6h3c0-3-2-5-4-5z',
    list: 'M2 3h12v2H2zm0 4h12v2H2zm0 4h12v2H2z',
    back: 'M10 2L4 8l6 6 1.5-1.5L7 8l4.5-4.5z',
    eye: 'M8 3C4 3 1.5 6.5 1 8c.5 1.5 3 5 7 5s6.5-3.5 7-5c-.5-1.5-3-5-7-5zm0 8a3 3 0 1 1 0-6 3 3 0 0 1 0 6z',
    sound: 'M2 6h3l4-3v10L5 10H2zm9-1a4 4 0 0 1 0 6z',
  };
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon ${name}`);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  if (!title) {
    svg.setAttribute('aria-hidden', 'true');
    return svg;
  }
  const label = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  label.textContent = title;
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  svg.prepend(label);
  return svg;
}

/// A steady colour and letters for who or what has no picture.
export function avatar(name, id, kind = '') {
  const hue = [...`${name}${id}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 360, 7);
  const letters = name
    .split(/\s+/)
    .map((word) => word[0])
    .join('')
    .slice(0, 2)
    .toUpperCase();
  return element('span', {
    class: `avatar ${kind}`,
    style: `--hue:${hue}`,
    title: name,
    'aria-hidden': 'true',
    'data-letters': letters,
  });
}
