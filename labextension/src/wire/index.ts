/**
 * The JSON of `/nb2ops/api`: what nb2ops/model and nb2ops/lab say, in TypeScript.
 * `tests/wire/*.json` holds an example of each; both sides are tested against them.
 * Times are ISO 8601 with offset, lengths of time are seconds. `path` is a path of Jupyter's contents
 * manager ("reports/churn.ipynb"), null for what lies outside of it; `notebook` is the file as nb2ops names it.
 */

export * from './json';
export * from './notebooks';
export * from './runs';
export * from './comparison';
export * from './schedules';
export * from './deployments';
export * from './services';
