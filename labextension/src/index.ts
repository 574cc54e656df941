import { ended } from './around/ended';
import { entries } from './around/entries';
import { status } from './around/status';
import { compare } from './compare/plugin';
import { deployments } from './deployments/plugin';
import { cellMarks, cellTags } from './notebook/plugins';
import { pipeline } from './pipeline/plugin';
import { executed } from './run/executed';
import { run } from './run/plugin';
import { services } from './services';
import { sidebar } from './sidebar/plugin';

export default [
  services,
  cellMarks,
  cellTags,
  pipeline,
  run,
  executed,
  compare,
  deployments,
  sidebar,
  status,
  ended,
  entries
];
