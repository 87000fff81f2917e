// Checks of a page's rendering: findings of axe, and elements that are too wide for a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { equal } from '../discord/lib/check.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/// All that axe finds, of every rule that it has: rule and element.
export async function findings(page) {
  await page.evaluate(`${axe}; 0`);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`));
}
export const isClean = async (page, what) => equal(await findings(page), [], `what axe finds in ${what}`);

/// Elements that reach outside the screen, or are too small to be touched (44 px).
export const misfits = (page) =>
  page.evaluate(() => {
    const out = [];
    if (document.documentElement.scrollWidth > innerWidth)
      out.push(`the page: ${document.documentElement.scrollWidth}`);
    for (const node of document.querySelectorAll('body *')) {
      if (!node.checkVisibility() || node.closest('svg')) continue;
      const box = node.getBoundingClientRect();
      const name = `${node.tagName} ${node.id || node.className} ${Math.round(box.left)}–${Math.round(box.right)}`;
      if (box.width && (box.left < -1 || box.right > innerWidth + 1)) out.push(`outside the screen: ${name}`);
      if (node.matches('button, a.button, select') && (box.height < 44 || box.width < 44))
        out.push(`too small: ${name} ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    return out;
  });
/// Nothing is outside the screen, too small to be touched, or found by axe.
export async function fits(page, what) {
  equal(await misfits(page), [], `what does not fit in ${what}`);
  await isClean(page, what);
}
