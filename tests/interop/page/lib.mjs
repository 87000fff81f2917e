// A person in headless Chromium: types, chooses, clicks, fills in, and reads what the page shows.
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const pictures = fileURLToPath(new URL('../../../build/interop/page', import.meta.url));
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/// Headless Chromium, and a folder for the pictures.
export function launch() {
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
}
export const pictureFile = (name) => path.join(pictures, `${name}.png`);

/// Makes exactly these values the choice of a select, and closes its list: then the page sends it.
export async function chooseIn(trigger, values) {
  await trigger.click();
  const menu = trigger.page().locator(`[id="${await trigger.getAttribute('aria-controls')}"]`);
  const options = menu.locator('[role=option][data-value]');
  await options.first().waitFor();
  if (!(await menu.locator('[aria-multiselectable]').count())) {
    await menu.locator(`[data-value="${values[0]}"]`).click();
    return;
  }
  // Deselecting comes first: at most max_values are chosen at any time.
  for (const wanted of [false, true])
    for (const option of await options.all())
      if (
        values.includes(await option.getAttribute('data-value')) === wanted &&
        ((await option.getAttribute('aria-selected')) === 'true') !== wanted
      )
        await option.click();
  await menu.getByRole('button', { name: 'Done' }).click();
}

export async function openPage(url, viewport = { width: 1440, height: 1000 }) {
  const browser = await launch();
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(60_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(line.text());
  });
  await page.goto(url);
  await page.locator('#channels .channel').first().waitFor({ state: 'attached' });

  const wizard = () => page.locator('#messages .message.ephemeral').last();
  return {
    browser,
    page,
    faults,
    wizard,
    async type(text) {
      await page.fill('#box', text);
      await page.press('#box', 'Enter');
    },
    /// Waits until the wizard's message holds `text`.
    async sees(text, ms = 60_000) {
      try {
        await wizard().filter({ hasText: text }).waitFor({ timeout: ms });
      } catch (error) {
        throw new Error(
          `expected to see “${text}”, and saw:\n${await wizard()
            .innerText()
            .catch(() => 'nothing')}`,
          { cause: error },
        );
      }
    },
    press: (label) => wizard().getByRole('button', { name: label, exact: true }).click(),
    /// Chooses in the select whose custom id begins with wizard:`action`.
    choose: (action, values) => chooseIn(wizard().locator(`.select[data-custom-id^="wizard:${action}:"]`), values),
    /// Fills in the open form and sends it.
    async fill(fields) {
      await page.locator('dialog[open]').waitFor();
      for (const [name, value] of Object.entries(fields)) await page.fill(`dialog[open] [name="${name}"]`, value);
      await page.locator('dialog[open]').getByRole('button', { name: 'Submit' }).click();
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    },
    /// The value of an input of the open form.
    async typed(name) {
      await page.locator('dialog[open]').waitFor();
      return page.inputValue(`dialog[open] [name="${name}"]`);
    },
    text: () => wizard().innerText(),
    /// The entries of the lists at the sides, as id to name.
    async channels() {
      return new Map(
        await page
          .locator('#channels [data-channel-id]')
          .evaluateAll((all) =>
            all.map((node) => [node.dataset.channelId, (node.querySelector('.channel-name') ?? node).textContent]),
          ),
      );
    },
    async categories() {
      return new Map(
        await page
          .locator('#channels [data-category-id]')
          .evaluateAll((all) =>
            all.map((node) => [node.dataset.categoryId, node.querySelector('.category').textContent]),
          ),
      );
    },
    async roles() {
      return new Map(
        await page
          .locator('#roles [data-role-id]')
          .evaluateAll((all) => all.map((node) => [node.dataset.roleId, node.dataset.roleName])),
      );
    },
    picture: (name) => page.screenshot({ path: pictureFile(name) }),
  };
}
