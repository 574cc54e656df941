const FOCUSABLE = 'a[href], button, input, select, summary, [tabindex="0"]';

/** The first thing in an element that can have the focus now; null where there is none. */
export function firstFocusable(root: HTMLElement): HTMLElement | null {
  const all = [...root.querySelectorAll<HTMLElement>(FOCUSABLE)];
  return all.find(each => !each.matches(':disabled') && each.checkVisibility()) ?? null;
}

/**
 * Keep the focus near where it was when a change takes away, or disables, what has it.
 *
 * A browser gives it to the page as a whole then, and whoever has no mouse begins anew at the top.
 */
export function keepFocus(root: HTMLElement): void {
  let last: HTMLElement | null = null;
  let around: HTMLElement[] = [];
  const isGone = (element: HTMLElement): boolean => !element.isConnected || element.matches(':disabled');
  root.addEventListener('focusin', ({ target }) => {
    last = target as HTMLElement;
    around = within(root, last);
  });
  root.addEventListener('focusout', ({ relatedTarget, target }) => {
    const left = target as HTMLElement;
    // What is taken away loses the focus too: whether it was, is known only when the change is made.
    window.setTimeout(() => {
      if (left === last && !isGone(left) && (relatedTarget !== null || document.activeElement !== left)) {
        last = null;
      }
    });
  });
  new MutationObserver(() => {
    if (last && isGone(last) && document.activeElement === document.body) {
      const place = around.find(each => each.isConnected && firstFocusable(each) !== null);
      last = null;
      (place && firstFocusable(place))?.focus();
    }
  }).observe(root, { childList: true, subtree: true, attributeFilter: ['disabled'] });
}

/**
 * Wait until the command palette has given the focus back to the notebook, which it does in two frames as it closes
 * after a command; who takes the focus before loses it.
 */
export async function paletteClosed(): Promise<void> {
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}

/** What an element stands in, from the inside out, as far as the root. */
function within(root: HTMLElement, element: HTMLElement): HTMLElement[] {
  const parent = element.parentElement;
  return element === root || parent === null ? [] : [parent, ...within(root, parent)];
}
