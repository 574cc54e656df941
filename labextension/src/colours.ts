/** JupyterLab's colours for people who write together: readable on its themes, made to be told apart. */
const PALETTE = [5, 1, 3, 6, 2, 4, 7].map(each => `var(--jp-collaborator-color${each})`);

/** The colour of the step in that place; beyond the palette colours come again, the name stands beside them. */
export function colour(place: number, chosen: readonly string[] = []): string {
  const colours = chosen.length ? chosen : PALETTE;
  return colours[place % colours.length] ?? 'currentcolor';
}
