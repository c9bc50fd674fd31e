import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { JobRow, RunRow } from '../api';
import { stateWord } from '../components/state';
import { executed, openExecuted } from '../dialogs/run';
import type { IChange } from '../model';
import { duration } from '../words';
import { SHOW } from './panel';
import { IOpsnb } from '../tokens';

export const ID = '@opsnb/labextension:notify';

const ENDED = new Set(['done', 'failed', 'cancelled', 'cached', 'timed_out', 'lost', 'not_run']);
const TOLD = new Set(['pipeline', 'gate', 'evaluation']); // types of runs worth a word; jobs are told as jobs

interface IEnd {
  id: string;
  kind: 'run' | 'job';
  name: string;
  status: string;
  duration_s: number | null;
  error: string | null;
}

/** Tells what has ended, once, in one window: the visible ones tell, and the others drop what was told. */
class Teller {
  constructor(private readonly _opsnb: IOpsnb) {
    _opsnb.live.changed.connect(this._look, this);
    document.addEventListener('visibilitychange', () => !document.hidden && this._tellAll());
    this._others?.addEventListener('message', event => {
      this._told.add(String(event.data));
      this._waiting.delete(String(event.data));
    });
  }

  on = true;

  private _look(_: unknown, change: IChange): void {
    for (const row of change.jobs) {
      if (row.run) {
        this._ofJobs.add(row.run);
      }
      this._heard(row.job, row.ended, this._job(row));
    }
    for (const row of change.runs) {
      if (TOLD.has(row.type) && !row.parent && !this._ofJobs.has(row.run)) {
        this._heard(row.run, row.ended, { ...row, id: row.run, kind: 'run' });
      }
    }
  }

  private _job(row: JobRow): IEnd {
    return { ...row, id: row.job, kind: 'job' };
  }

  private _heard(id: string, ended: RunRow['ended'], end: IEnd): void {
    if (!this.on || !ENDED.has(end.status)) {
      this._told.delete(id); // started again: its next end is news
      return;
    }
    if (this._told.has(id) || (ended ?? 0) * 1000 < this._since) {
      return;
    }
    this._told.add(id);
    if (!this._inFront(id)) {
      this._waiting.set(id, end);
      if (!document.hidden) {
        this._tellAll();
      }
    }
  }

  /** Whether the user looks at it anyway. */
  private _inFront(id: string): boolean {
    return !document.hidden && (this._opsnb.app.shell.currentWidget?.id ?? '').includes(id);
  }

  private _tellAll(): void {
    for (const [id, end] of this._waiting) {
      this._tell(end);
      this._others?.postMessage(id);
    }
    this._waiting.clear();
  }

  private _tell(end: IEnd): void {
    const { trans, app } = this._opsnb;
    const name = end.name.length > 80 ? `${end.name.slice(0, 80)}…` : end.name || end.id;
    const took = duration(trans, end.duration_s);
    const first = trans.__('%1: %2', name, stateWord(trans, end.status)) + (took ? ` (${took})` : '');
    const text = end.error ? `${first}\n${end.error.slice(0, 200)}` : first;
    const type =
      end.status === 'done' || end.status === 'cached'
        ? 'success'
        : end.status === 'cancelled'
          ? 'info'
          : 'error';
    const out = executed.get(end.id);
    Notification.emit(text, type, {
      autoClose: type === 'error' ? 15_000 : 6000,
      actions: [
        {
          label: trans.__('Open'),
          caption: end.id,
          callback: () => {
            if (this._opsnb.tab(end.kind)) {
              this._opsnb.open(end.kind, { [end.kind]: end.id });
            } else {
              void app.commands.execute(SHOW);
            }
          }
        },
        ...(out ? [openExecuted(this._opsnb, out)] : [])
      ]
    });
  }

  private readonly _since = Date.now() - 2000; // the clocks of two machines
  private readonly _told = new Set<string>();
  private readonly _ofJobs = new Set<string>();
  private readonly _waiting = new Map<string, IEnd>();
  private readonly _others =
    typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('opsnb-told');
}

export const notify: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Tells when a job, a pipeline or a gate has ended',
  autoStart: true,
  requires: [IOpsnb],
  optional: [ISettingRegistry],
  activate: (_: JupyterFrontEnd, opsnb: IOpsnb, registry: ISettingRegistry | null) => {
    const teller = new Teller(opsnb);
    void registry?.load(ID).then(settings => {
      const read = () => {
        teller.on = settings.get('tell').composite as boolean;
      };
      settings.changed.connect(read);
      read();
    });
  }
};
