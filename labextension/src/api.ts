import type {
  BuildRequest,
  Built,
  Comparison,
  DeployRequest,
  Deployed,
  DeploymentList,
  DeploymentPatch,
  DeploymentQuery,
  DeploymentRunRequest,
  DeploymentView,
  ExecutedNotebook,
  Fault,
  Health,
  LogPage,
  LogQuery,
  NotebookView,
  Preview,
  Proposal,
  Run,
  RunPage,
  RunQuery,
  RunRequest,
  RunView,
  ScheduleRequest,
  TagsRequest
} from './wire';

export type { RunQuery } from './wire';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What is sent: `body` is JSON text, absent where the method takes none. */
export interface Request {
  readonly method: Method;
  readonly body?: string;
}

/** Sends a request to a path below `/nb2ops/api` with the credentials of this JupyterLab. */
export type Transport = (path: string, request: Request) => Promise<Response>;

/** The server said no, or did not answer; `fault.code` is for programs, the message for people. */
export class RequestError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
    this.name = 'RequestError';
  }
}

/** The endpoints of nb2ops/lab, one line each. */
export interface Api {
  health(): Promise<Health>;
  startServices(): Promise<Health>;
  pipeline(path: string): Promise<NotebookView>;
  tags(request: TagsRequest): Promise<Proposal>;
  build(request: BuildRequest): Promise<Built>;
  runs(query?: RunQuery): Promise<RunPage>;
  startRun(request: RunRequest): Promise<Run>;
  run(id: string): Promise<RunView>;
  log(id: string, query?: LogQuery): Promise<LogPage>;
  executed(id: string): Promise<ExecutedNotebook>;
  /** A page of HTML. */
  report(id: string): Promise<string>;
  cancelRun(id: string): Promise<Run>;
  retryRun(id: string): Promise<Run>;
  resumeRun(id: string): Promise<Run>;
  compare(first: string, second: string): Promise<Comparison>;
  deployments(query?: DeploymentQuery): Promise<DeploymentList>;
  deploy(request: DeployRequest): Promise<Deployed>;
  deployment(id: string): Promise<DeploymentView>;
  changeDeployment(id: string, patch: DeploymentPatch): Promise<DeploymentView>;
  deleteDeployment(id: string): Promise<void>;
  runDeployment(id: string, request?: DeploymentRunRequest): Promise<Run>;
  preview(schedule: ScheduleRequest): Promise<Preview>;
}

export function connect(transport: Transport): Api {
  const get = <T>(path: string, query: object = {}) => request<T>(transport, 'GET', path + search(query));
  const post = <T>(path: string, body: object = {}) => request<T>(transport, 'POST', path, body);
  return {
    health: () => get('health'),
    startServices: () => post('services/start'),
    pipeline: path => get('pipeline', { path }),
    tags: body => post('tags', body),
    build: body => post('build', body),
    runs: query => get('runs', query),
    startRun: body => post('runs', body),
    run: id => get(`runs/${encodeURIComponent(id)}`),
    log: (id, query) => get(`runs/${encodeURIComponent(id)}/logs`, query),
    executed: id => get(`runs/${encodeURIComponent(id)}/notebook`),
    report: id => get(`runs/${encodeURIComponent(id)}/report`),
    cancelRun: id => post(`runs/${encodeURIComponent(id)}/cancel`),
    retryRun: id => post(`runs/${encodeURIComponent(id)}/retry`),
    resumeRun: id => post(`runs/${encodeURIComponent(id)}/resume`),
    compare: (first, second) => get('compare', { runs: `${first},${second}` }),
    deployments: query => get('deployments', query),
    deploy: body => post('deployments', body),
    deployment: id => get(`deployments/${encodeURIComponent(id)}`),
    changeDeployment: (id, patch) =>
      request(transport, 'PATCH', `deployments/${encodeURIComponent(id)}`, patch),
    deleteDeployment: id => request(transport, 'DELETE', `deployments/${encodeURIComponent(id)}`),
    runDeployment: (id, body) => post(`deployments/${encodeURIComponent(id)}/run`, body),
    preview: body => post('schedule/preview', body)
  };
}

function search(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : '';
}

async function request<T>(transport: Transport, method: Method, path: string, body?: object): Promise<T> {
  const response = await send(transport, path, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {})
  });
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => null);
  if (!response.ok) {
    throw new RequestError(asFault(answer, response.status));
  }
  return answer as T;
}

async function send(transport: Transport, path: string, request: Request): Promise<Response> {
  try {
    return await transport(path, request);
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new RequestError(fault('jupyter_unreachable', message));
  }
}

function asFault(body: unknown, status: number): Fault {
  const said = typeof body === 'object' ? (body as Partial<Fault> | null) : null;
  return { ...fault(`http_${status}`, `HTTP ${status}`), ...said };
}

/** A fault that concerns no part of a request. */
export function fault(code: string, message: string): Fault {
  return { code, message, field: null, fields: {}, problems: [] };
}
