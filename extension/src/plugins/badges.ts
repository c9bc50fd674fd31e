import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { Cell, CodeCell } from '@jupyterlab/cells';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { SIGNS, stateWord } from '../components/state';
import type { IChange } from '../model';
import type { CellRun, CellRuns } from '../api';
import { IOpsnb } from '../tokens';
import { duration, moment } from '../words';

export const ID = '@opsnb/labextension:badges';

/** What papermill, which our engine drives, writes into a cell. */
interface IExecuted {
  status?: string;
  duration?: number | null;
  start_time?: string | null;
}

const WORDS: Record<string, string> = { completed: 'done', pending: 'queued' };

/** The run that a cell's outputs name; the last one, when there are several. */
function runOf(cell: CodeCell): string | null {
  const { outputs } = cell.model;
  for (let i = outputs.length - 1; i >= 0; i--) {
    const about = outputs.get(i).metadata['opsnb'] as { run?: string } | undefined;
    if (typeof about?.run === 'string') {
      return about.run;
    }
  }
  return null;
}

/** The last time and state of a cell, below its prompt: of the run it made, or of its part in an executed notebook. */
class Badges {
  constructor(
    private readonly _opsnb: IOpsnb,
    private readonly _panel: NotebookPanel
  ) {
    const { content, context } = _panel;
    void context.ready.then(() => {
      content.model?.contentChanged.connect(this._soon, this);
      content.modelChanged.connect(this._soon, this);
      content.activeCellChanged.connect(this._soon, this);
      content.node.addEventListener('scroll', () => this._soon(), { capture: true, passive: true });
      this._soon();
    });
    _opsnb.live.changed.connect(this._changed, this);
    _opsnb.live.cardChanged.connect(this._soon, this);
    _panel.disposed.connect(() => {
      window.clearTimeout(this._timer);
      _opsnb.live.changed.disconnect(this._changed, this);
      _opsnb.live.cardChanged.disconnect(this._soon, this);
    });
  }

  get on(): boolean {
    return this._on;
  }

  set on(on: boolean) {
    this._on = on;
    this._soon();
  }

  private _changed(_: unknown, change: IChange): void {
    for (const row of change.runs.filter(row => this._runs.has(row.run))) {
      this._runs.set(row.run, row);
      this._soon();
    }
    if (change.all) {
      this._runs.clear();
      this._soon();
    }
  }

  private _soon(): void {
    if (!this._timer) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        if (!this._panel.isDisposed && this._panel.isVisible) {
          void this._look();
        }
      }, 150);
    }
  }

  private async _look(): Promise<void> {
    const cells = this._panel.content.widgets.filter((c): c is CodeCell => c.model.type === 'code');
    const named = new Map(cells.map(cell => [cell, runOf(cell)]));
    const unknown = [...new Set(named.values())].filter(
      (id): id is string => id !== null && !this._runs.has(id)
    );
    if (unknown.length && this._on && this._opsnb.live.card) {
      unknown.forEach(id => this._runs.set(id, null)); // asked once
      const workspace = this._folder();
      try {
        const found = await this._opsnb.client.view<CellRuns>('badges', { runs: unknown, workspace });
        found.rows.forEach(row => this._runs.set(row.run, row));
      } catch {
        // no badge: the card below the cell says it, too
      }
    }
    for (const [cell, id] of named) {
      const row = id === null ? this._executed(cell) : (this._runs.get(id) ?? null);
      this._draw(cell, this._on ? row : null);
    }
  }

  private _folder(): string {
    const path = this._opsnb.app.serviceManager.contents.localPath(this._panel.context.path);
    return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  }

  /** How a cell fared when our engine ran the notebook. */
  private _executed(cell: Cell): CellRun | null {
    const about = this._panel.content.model?.getMetadata('opsnb') as { run?: string } | undefined;
    const told = cell.model.getMetadata('papermill') as IExecuted | undefined;
    if (!about?.run || !told?.status) {
      return null;
    }
    const status = WORDS[told.status] ?? told.status;
    const started = told.start_time ? Date.parse(told.start_time) / 1000 : null;
    return { run: about.run, name: '', status, started, duration_s: told.duration ?? null, error: null };
  }

  private _draw(cell: CodeCell, row: CellRun | null): void {
    const place = cell.inputArea?.node; // none while the lab has not drawn the cell yet
    if (!place) {
      if (row && !this._awaited.has(cell)) {
        this._awaited.add(cell);
        void cell.ready.then(() => this._soon());
        cell.inViewportChanged.connect(this._soon, this);
      }
      return;
    }
    let badge = place.querySelector<HTMLButtonElement>(':scope > .jp-opsnb-Badge');
    place.classList.toggle('jp-opsnb-mod-badged', row !== null);
    if (!row) {
      badge?.remove();
      return;
    }
    if (!badge) {
      badge = document.createElement('button');
      badge.className = 'jp-opsnb-Badge jp-opsnb-State';
      place.appendChild(badge);
    }
    const { trans } = this._opsnb;
    const word = stateWord(trans, row.status);
    const s = row.status === 'running' ? null : row.duration_s;
    const took = s !== null && s < 0.1 ? trans.__('%1 ms', Math.round(s * 1000)) : duration(trans, s);
    const since = moment(row.started);
    const title = [
      [row.name, word].filter(text => text).join(': '),
      took && trans.__('took %1', took),
      since && trans.__('began %1', since),
      row.error ?? '',
      row.run
    ].filter(text => text);
    badge.textContent = `${SIGNS[row.status] ?? ''} ${took.replace(' min ', 'm ').replace(' h ', 'h ') || word}`;
    badge.dataset.state = row.status;
    badge.title = title.join('\n').slice(0, 1000);
    badge.setAttribute('aria-label', trans.__('Last run of this cell: %1', title.join(', ').slice(0, 300)));
    badge.onclick = event => {
      event.stopPropagation();
      if (this._opsnb.tab('run')) {
        this._opsnb.open('run', { run: row.run });
      }
    };
  }

  private _on = true;
  private _timer = 0;
  private readonly _awaited = new WeakSet<CodeCell>();
  private readonly _runs = new Map<string, CellRun | null>();
}

export const badges: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'The last time and state of tracked cells',
  autoStart: true,
  requires: [IOpsnb],
  optional: [INotebookTracker, ISettingRegistry],
  activate: (
    _: JupyterFrontEnd,
    opsnb: IOpsnb,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null
  ) => {
    const open = new Set<Badges>();
    let on = true;
    notebooks?.widgetAdded.connect((_, panel) => {
      const made = new Badges(opsnb, panel);
      made.on = on;
      open.add(made);
      panel.disposed.connect(() => open.delete(made));
    });
    void registry?.load(ID).then(settings => {
      const read = () => {
        on = settings.get('show').composite as boolean;
        open.forEach(made => (made.on = on));
      };
      settings.changed.connect(read);
      read();
    });
  }
};
