import type { ServiceManager } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { Failure } from './request';
import type { Client } from './request';
import type { JobRow, RunRow } from './api';

export const SCHEMA = 'https://opsnb.github.io/events/changed/v1';

/** What has changed; `all`: anything may have, as after a time without a connection. */
export interface IChange {
  runs: RunRow[];
  jobs: JobRow[];
  all: boolean;
}

export interface IServerCard {
  version: string;
  workspace: string;
  /** Folder of the server. */
  root: string;
  /** Folder of the project, relative to the server's; its name stands above the panel. */
  project: string;
}

/**
 * What the server says of itself and what changes there.
 *
 * Changes come over Jupyter's own events websocket. A slow heartbeat finds out what the websocket cannot say: that
 * the server extension is missing or of another version, and that the connection was lost and is back.
 */
export class Live {
  constructor(
    private readonly _client: Client,
    services: ServiceManager.IManager
  ) {
    services.events.stream.connect((_, event) => {
      if (event.schema_id === SCHEMA && (!this.card || event.workspace === this.card.workspace)) {
        const { runs, jobs, all } = event as unknown as IChange;
        this._changed.emit({ runs: runs ?? [], jobs: jobs ?? [], all: all ?? false });
      }
    });
    this._heart = new Poll({
      factory: () => this._beat(),
      frequency: { interval: 10_000, backoff: true, max: 30_000 },
      standby: 'when-hidden'
    });
    window.addEventListener('online', () => void this.refresh().catch(() => undefined));
  }

  /** What the server says of itself; null before it has, and while it does not answer. */
  card: IServerCard | null = null;
  /** Why there is no card. */
  failure: Failure | null = null;

  get changed(): ISignal<Live, IChange> {
    return this._changed;
  }

  /** The server came, went, or was found to be another. */
  get cardChanged(): ISignal<Live, void> {
    return this._cardChanged;
  }

  /** Show the project that `folder` (relative to the server's) lies in. */
  follow(folder: string): void {
    if (folder !== this._folder && !this.pinned) {
      this._folder = folder;
      this._client.workspace = folder;
      void this.refresh();
    }
  }

  /** Whether the project stays, whatever the user works on. */
  pinned = false;

  /** Ask the server now. */
  async refresh(): Promise<void> {
    await this._heart.refresh();
    await this._heart.tick;
  }

  private async _beat(): Promise<void> {
    const before = this.card;
    try {
      const folder = this._folder;
      const card = await this._client.root<IServerCard>();
      if (folder === this._folder) {
        this.card = card;
        this._client.workspace = card.project;
        this.failure = null;
      }
    } catch (error) {
      this.card = null;
      this.failure = error instanceof Failure ? error : new Failure({ what: String(error) }, 0);
    }
    if (before?.version !== this.card?.version || before?.workspace !== this.card?.workspace) {
      this._cardChanged.emit();
      if (this.card) {
        this._changed.emit({ runs: [], jobs: [], all: true });
      }
    }
    if (this.failure) {
      throw this.failure;
    }
  }

  private _folder: string | null = null;
  private readonly _heart: Poll;
  private readonly _changed = new Signal<this, IChange>(this);
  private readonly _cardChanged = new Signal<this, void>(this);
}
