// A form that an application opened.
import { element } from './element.js';

function field(c, label, description) {
  const attributes = {
    id: `field-${c.custom_id}`,
    name: c.custom_id,
    'data-custom-id': c.custom_id,
    placeholder: c.placeholder,
    minlength: c.min_length,
    maxlength: c.max_length ?? 4000,
    required: c.required !== false,
    'aria-describedby': description ? `about-${c.custom_id}` : undefined,
  };
  const input =
    c.style === 2
      ? element('textarea', { ...attributes, rows: 4 })
      : element('input', { ...attributes, type: 'text' });
  input.value = c.value ?? '';
  return element(
    'div',
    { class: 'field-row' },
    element(
      'label',
      { for: attributes.id },
      label,
      attributes.required ? element('span', { class: 'star', 'aria-hidden': 'true' }, ' *') : null,
    ),
    description ? element('small', { id: `about-${c.custom_id}` }, description) : null,
    input,
  );
}

function fields(components) {
  return components.flatMap((c) => {
    if (c.type === 18) return c.component?.type === 4 ? [field(c.component, c.label, c.description)] : [];
    if (c.type === 1)
      return c.components
        .filter((each) => each.type === 4)
        .map((each) => field(each, each.label ?? each.custom_id));
    return [];
  });
}

/// Shows `modal` in the dialog. `send(fields)` gives a fault in words, or nothing when it was accepted.
export function openModal(dialog, modal, send) {
  const fault = element('p', { class: 'failure', role: 'alert', hidden: true });
  const submit = element('button', { class: 'button primary' }, 'Submit');
  const form = element(
    'form',
    {
      method: 'dialog',
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        const why = await send(Object.fromEntries(new FormData(form)));
        submit.disabled = false;
        if (!why) dialog.close();
        fault.hidden = !why;
        fault.textContent = why ?? '';
      },
    },
    element(
      'header',
      {},
      element('h2', { id: 'modal-title' }, modal.title),
      element(
        'button',
        { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => dialog.close() },
        '✕',
      ),
    ),
    ...fields(modal.components),
    fault,
    element(
      'footer',
      {},
      element('button', { type: 'button', class: 'button link', onclick: () => dialog.close() }, 'Cancel'),
      submit,
    ),
  );
  dialog.replaceChildren(form);
  dialog.dataset.customId = modal.custom_id;
  if (!dialog.open) dialog.showModal();
  form.querySelector('input, textarea')?.focus();
}
