import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import React from 'react';
import type { JobsPage, Machine, RunsPage } from '../api';
import { opsnbIcon } from '../icons';
import { SHOW } from './panel';
import { IOpsnb } from '../tokens';

/** What is at work: jobs and runs, and how busy the GPUs are; nothing when nothing is. */
class AtWork extends ReactWidget {
  constructor(private readonly _opsnb: IOpsnb) {
    super();
    this.addClass('jp-opsnb-Status');
    this._poll = new Poll({
      factory: () => this._look(),
      frequency: { interval: 5000, backoff: true, max: 60_000 },
      standby: () => document.hidden || !this._wanted()
    });
    _opsnb.live.changed.connect(this._soon, this);
    _opsnb.live.cardChanged.connect(this._soon, this);
  }

  jobs = 0;
  runs = 0;
  gpu: number | null = null;
  readonly turned = new Signal<this, void>(this);

  get active(): boolean {
    return this.jobs + this.runs > 0;
  }

  dispose(): void {
    this._poll.dispose();
    window.clearTimeout(this._timer);
    super.dispose();
  }

  protected render(): JSX.Element {
    const { trans, app } = this._opsnb;
    const words = [
      this.jobs ? trans._n('%1 job', '%1 jobs', this.jobs) : '',
      this.runs ? trans._n('%1 run', '%1 runs', this.runs) : '',
      this.gpu !== null ? trans.__('GPU %1%', Math.round(this.gpu)) : ''
    ].filter(word => word);
    const title = trans.__('At work: %1. Show the opsnb panel', words.join(', '));
    return (
      <button title={title} aria-label={title} onClick={() => void app.commands.execute(SHOW)}>
        <opsnbIcon.react tag="span" width="14px" height="14px" />
        <span>{words.join(' · ')}</span>
      </button>
    );
  }

  /** The clock looks only while something is at work; what begins is told by the live changes. */
  private _wanted(): boolean {
    return this._fresh || this.active;
  }

  private _soon(): void {
    if (!this._timer && this._opsnb.live.card) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        this._fresh = true;
        void this._poll.refresh();
      }, 400);
    }
  }

  private async _look(): Promise<void> {
    const { client, live } = this._opsnb;
    this._fresh = false;
    const was = this.active;
    if (live.card) {
      const asked = { status: 'running', most: 100 };
      const [jobs, runs] = await Promise.all([
        client.view<JobsPage>('jobs', asked),
        client.view<RunsPage>('runs', asked)
      ]);
      const ids = new Set([...runs.rows.map(row => row.run), ...jobs.rows.map(row => row.run)]);
      this.jobs = jobs.total;
      this.runs = runs.rows.filter(row => row.type !== 'job' && !ids.has(row.parent ?? '')).length;
      this.gpu = this.active && this._machine ? await this._busiest() : null;
    } else {
      this.jobs = this.runs = 0;
    }
    this.update();
    if (was !== this.active) {
      this.turned.emit();
    }
  }

  private async _busiest(): Promise<number | null> {
    try {
      const { gpus } = await this._opsnb.client.view<Machine>('machine');
      const busy = gpus.map(g => g.busy_pct).filter((u): u is number => typeof u === 'number');
      return busy.length ? Math.max(...busy) : null;
    } catch {
      this._machine = false;
      return null;
    }
  }

  private _machine = true;
  private _fresh = true;
  private _timer = 0;
  private readonly _poll: Poll;
}

export const status: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:status',
  description: 'What is at work, in the status bar',
  autoStart: true,
  requires: [IOpsnb],
  optional: [IStatusBar],
  activate: (_: JupyterFrontEnd, opsnb: IOpsnb, bar: IStatusBar | null) => {
    if (!bar) {
      return; // Notebook 7
    }
    const item = new AtWork(opsnb);
    bar.registerStatusItem('@opsnb/labextension:status', {
      item,
      align: 'left',
      rank: 100,
      isActive: () => item.active,
      activeStateChanged: item.turned
    });
  }
};
