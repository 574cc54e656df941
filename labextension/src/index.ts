import { sidebar } from './sidebar/plugin';

export default [sidebar];
