import type { DeploymentList, Fault, Health, RunPage } from './wire';

/** Sends a request to a path below `/nb2ops/api` with the credentials of this JupyterLab. */
export type Transport = (path: string) => Promise<Response>;

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
  runs(query?: RunQuery): Promise<RunPage>;
  deployments(): Promise<DeploymentList>;
}

export interface RunQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly notebook?: string;
  readonly deployment?: string;
  readonly state?: string;
}

export function connect(transport: Transport): Api {
  return {
    health: () => request(transport, 'health'),
    runs: query => request(transport, 'runs', query),
    deployments: () => request(transport, 'deployments')
  };
}

async function request<T>(transport: Transport, path: string, query: object = {}): Promise<T> {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, String(value)])
  ).toString();
  const response = await send(transport, search ? `${path}?${search}` : path);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    throw new RequestError(asFault(body, response.status));
  }
  return body as T;
}

async function send(transport: Transport, path: string): Promise<Response> {
  try {
    return await transport(path);
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new RequestError({ code: 'jupyter_unreachable', message, field: null });
  }
}

function asFault(body: unknown, status: number): Fault {
  const { code, message, field } = (body ?? {}) as Partial<Fault>;
  return {
    code: code ?? `http_${status}`,
    message: message ?? `HTTP ${status}`,
    field: field ?? null
  };
}
