import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** What an `OpsError` says; also what is said when there is no answer. */
export interface IFailure {
  what: string;
  given?: string | null;
  allowed?: unknown;
  hint?: string | null;
}

/** A request that was refused or not answered; `status` 0: no answer, 404: no server extension. */
export class Failure extends Error {
  constructor(
    readonly told: IFailure,
    readonly status: number
  ) {
    super(told.what);
  }
}

type Value = string | number | boolean | null | undefined;
export type Query = Record<string, Value | readonly Value[]>;

/** Asks the server extension. */
export class Client {
  /** Folder, relative to the server's root, whose workspace is meant. */
  workspace = '';

  constructor(readonly settings: ServerConnection.ISettings = ServerConnection.makeSettings()) {}

  /** What is there: version, workspace. */
  root<T>(): Promise<T> {
    return this._ask<T>([], {});
  }

  /** A view, or a verb that only looks (`verb/…` is not in its path). */
  view<T>(name: string, query: Query = {}): Promise<T> {
    return this._ask<T>(['view', name], query);
  }

  read<T>(verb: string, query: Query = {}): Promise<T> {
    return this._ask<T>([verb], query);
  }

  /** A verb that does something. */
  act<T>(verb: string, body: Record<string, unknown> = {}): Promise<T> {
    return this._send<T>([verb], {
      method: 'POST',
      body: JSON.stringify({ workspace: this.workspace, ...body })
    });
  }

  url(...parts: string[]): string {
    return URLExt.join(this.settings.baseUrl, 'opsnb', 'api', ...parts);
  }

  private _ask<T>(parts: string[], query: Query): Promise<T> {
    const words = new URLSearchParams();
    for (const [name, given] of Object.entries({ workspace: this.workspace, ...query })) {
      for (const value of Array.isArray(given) ? given : [given]) {
        if (value !== undefined && value !== null && value !== '') {
          words.append(name, String(value));
        }
      }
    }
    const text = words.toString();
    return this._send<T>(parts, {}, text ? `?${text}` : '');
  }

  private async _send<T>(parts: string[], init: RequestInit, query = ''): Promise<T> {
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.url(...parts) + query, init, this.settings);
    } catch {
      throw new Failure({ what: 'The Jupyter server does not answer' }, 0);
    }
    const text = await response.text();
    let value: unknown = null;
    try {
      value = JSON.parse(text);
    } catch {
      // not ours: a proxy's page, or Jupyter's
    }
    if (response.ok && value !== null) {
      return value as T;
    }
    const told = value as IFailure | null;
    throw new Failure(
      told?.what ? told : { what: `${response.status} ${response.statusText}` },
      response.status
    );
  }
}
