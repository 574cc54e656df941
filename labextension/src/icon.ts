import { LabIcon } from '@jupyterlab/ui-components';

/** One step, two branches, one step: a small pipeline. */
const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <path class="jp-icon3" stroke="#616161" stroke-width="1.8" style="fill: none" d="M12 4 4 12l8 8 8-8Z" />
  <g class="jp-icon3" fill="#616161">
    <circle cx="12" cy="4" r="2.9" />
    <circle cx="4" cy="12" r="2.9" />
    <circle cx="20" cy="12" r="2.9" />
    <circle cx="12" cy="20" r="2.9" />
  </g>
</svg>`;

export const pipelineIcon = new LabIcon({ name: 'nb2ops:pipeline', svgstr });
