/** The names of all commands; what takes arguments says so. */
export const Commands = {
  /** `name`: a step; without it somebody is asked. */
  setStep: 'nb2ops:set-step',
  /** `role`: "parameters", "setup", "metrics", "gate" or "skip". */
  setRole: 'nb2ops:set-role',
  /** `step`: the step that is waited for; without it somebody is asked. */
  toggleAfter: 'nb2ops:toggle-after',
  clearTags: 'nb2ops:clear-tags',
  openTagMenu: 'nb2ops:open-tag-menu',
  suggestSteps: 'nb2ops:suggest-steps',
  showPipeline: 'nb2ops:show-pipeline',
  openAsPipeline: 'nb2ops:open-as-pipeline',
  build: 'nb2ops:build-notebook',
  run: 'nb2ops:run-notebook',
  deploy: 'nb2ops:deploy-notebook',
  refresh: 'nb2ops:refresh',
  startServices: 'nb2ops:start-services',
  /** `id`: a run; also `cell` and `line` for `goToFailure`. */
  openRun: 'nb2ops:open-run',
  openExecuted: 'nb2ops:open-executed-notebook',
  openReport: 'nb2ops:open-report',
  goToFailure: 'nb2ops:go-to-failed-cell',
  /** Also `step`. */
  goToStep: 'nb2ops:go-to-step',
  cancelRun: 'nb2ops:cancel-run',
  retryRun: 'nb2ops:retry-run',
  resumeRun: 'nb2ops:resume-run',
  /** `first`, `second`: runs; without `second` somebody is asked. */
  compareRuns: 'nb2ops:compare-runs',
  /** `id`: a deployment. */
  pauseDeployment: 'nb2ops:pause-deployment',
  resumeDeployment: 'nb2ops:resume-deployment',
  runDeployment: 'nb2ops:run-deployment',
  editSchedules: 'nb2ops:edit-schedules',
  deleteDeployment: 'nb2ops:delete-deployment',
  redeploy: 'nb2ops:redeploy'
} as const;
