import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { opsnbIcon } from '../icons';
import { Live } from '../model';
import { PlacedWidget } from '../place';
import { Client } from '../request';
import { IOpsnb } from '../tokens';
import type { ISection, ITab } from '../tokens';

export const OPEN = 'opsnb:open-tab';

/** Sections and tabs by name, the client and what is live. */
class Opsnb implements IOpsnb {
  constructor(
    readonly app: JupyterFrontEnd,
    readonly trans: TranslationBundle
  ) {
    this.client = new Client(app.serviceManager.serverSettings);
    this.live = new Live(this.client, app.serviceManager);
  }

  readonly client: Client;
  readonly live: Live;
  readonly sectionAdded: Signal<IOpsnb, ISection> = new Signal<IOpsnb, ISection>(this);

  get sections(): readonly ISection[] {
    return this._sections;
  }

  addSection(section: ISection): void {
    this._sections.push(section);
    this._sections.sort((a, b) => a.rank - b.rank);
    this.sectionAdded.emit(section);
  }

  addTab(tab: ITab): void {
    this._tabs.set(tab.kind, tab);
  }

  tab(kind: string): ITab | undefined {
    return this._tabs.get(kind);
  }

  open(kind: string, args: ReadonlyPartialJSONObject): void {
    void this.app.commands.execute(OPEN, { kind, args: { workspace: this.client.workspace, ...args } });
  }

  /** The same, of one project for good: what a tab shows stays what it is when the panel follows the user elsewhere. */
  at(workspace: string): IOpsnb {
    let found = this._projects.get(workspace);
    if (!found) {
      const client = new Client(this.client.settings);
      const live = new Live(client, this.app.serviceManager);
      live.follow(workspace);
      live.pinned = true;
      found = Object.create(this, { client: { value: client }, live: { value: live } }) as Opsnb;
      this._projects.set(workspace, found);
    }
    return found;
  }

  private readonly _sections: ISection[] = [];
  private readonly _tabs = new Map<string, ITab>();
  private readonly _projects = new Map<string, IOpsnb>();
}

function made(opsnb: Opsnb, tab: ITab, args: ReadonlyPartialJSONObject): MainAreaWidget<PlacedWidget> {
  const own = opsnb.at(String(args.workspace ?? ''));
  const content = new PlacedWidget(own, () => React.createElement(tab.body, { opsnb: own, args }));
  content.addClass('jp-opsnb-Tab');
  const widget = new MainAreaWidget({ content });
  widget.id = tabId(tab.kind, args);
  widget.title.label = tab.title(args).slice(0, 80);
  widget.title.icon = tab.icon ?? opsnbIcon;
  widget.title.closable = true;
  return widget;
}

/** Which tab it is; a pipeline's is the same whether its plan or its last run is asked for first. */
const tabId = (kind: string, { plan: _, ...args }: ReadonlyPartialJSONObject) =>
  `opsnb-${kind}-${JSON.stringify(args)}`;

export const core: JupyterFrontEndPlugin<IOpsnb> = {
  id: '@opsnb/labextension:core',
  description: 'What all parts of opsnb share: the client, what is live, sections and tabs',
  autoStart: true,
  provides: IOpsnb,
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ): IOpsnb => {
    const trans = (translator ?? nullTranslator).load('opsnb');
    const opsnb = new Opsnb(app, trans);
    const tracker = new WidgetTracker<MainAreaWidget<PlacedWidget>>({ namespace: 'opsnb' });
    const opened = new Map<string, { kind: string; args: ReadonlyPartialJSONObject }>();
    app.commands.addCommand(OPEN, {
      label: args =>
        opsnb.tab(String(args.kind))?.title((args.args ?? {}) as ReadonlyPartialJSONObject) ??
        trans.__('Open an opsnb tab'),
      isVisible: () => false,
      describedBy: {
        args: {
          type: 'object',
          properties: { kind: { type: 'string' }, args: { type: 'object' } },
          required: ['kind']
        }
      },
      execute: async given => {
        await app.started;
        const kind = String(given.kind);
        const args = {
          workspace: opsnb.client.workspace,
          ...((given.args ?? {}) as ReadonlyPartialJSONObject)
        };
        const tab = opsnb.tab(kind);
        if (!tab) {
          throw new Error(trans.__('There is no tab of the kind %1', kind));
        }
        const id = tabId(kind, args);
        let widget = tracker.find(w => w.id === id);
        if (!widget) {
          widget = made(opsnb, tab, args);
          opened.set(id, { kind, args });
          await tracker.add(widget);
        }
        if (!widget.isAttached) {
          app.shell.add(widget, 'main');
        }
        app.shell.activateById(id);
        return widget;
      }
    });
    if (restorer) {
      void restorer.restore(tracker, {
        command: OPEN,
        args: widget => (opened.get(widget.id) ?? {}) as ReadonlyPartialJSONObject,
        name: widget => widget.id
      });
    }
    return opsnb;
  }
};
