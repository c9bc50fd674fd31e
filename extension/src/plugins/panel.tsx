import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { SidePanel } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import type { AccordionPanel } from '@lumino/widgets';
import React from 'react';
import { opsnbIcon } from '../icons';
import { NeedsServer, PlacedWidget, ServerNotice, useServer } from '../place';
import { IOpsnb } from '../tokens';
import type { ISection } from '../tokens';

export const SHOW = 'opsnb:show-panel';
const SECTIONS = '@opsnb/labextension:sections';

/** Whose runs these are; pinned, it stays so whatever document is in front. */
function Project({ opsnb }: { opsnb: IOpsnb }): JSX.Element {
  const { live, trans } = opsnb;
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  useServer(opsnb);
  const name = live.card ? live.card.project.split('/').pop() || live.card.root.split('/').pop() || '/' : '';
  return (
    <>
      <span className="jp-opsnb-Project-name" title={live.card?.workspace}>
        {live.card ? <bdi>{name}</bdi> : live.failure ? trans.__('No connection') : trans.__('Connecting…')}
      </span>
      {live.card && (
        <button
          className="jp-mod-minimal jp-Button"
          aria-pressed={live.pinned}
          title={
            live.pinned ? trans.__('Follow the document in front again') : trans.__('Stay at this project')
          }
          onClick={() => {
            live.pinned = !live.pinned;
            redraw();
          }}
        >
          {live.pinned ? trans.__('Unpin') : trans.__('Pin')}
        </button>
      )}
      <ServerNotice opsnb={opsnb} />
    </>
  );
}

/** The side panel: one section a plug-in. */
class Panel extends SidePanel {
  constructor(private readonly _opsnb: IOpsnb) {
    super();
    const { trans } = _opsnb;
    this.id = 'opsnb-panel';
    this.title.icon = opsnbIcon;
    this.title.caption = trans.__('opsnb: runs, jobs, pipelines, indexes, evaluations');
    this.addClass('jp-opsnb-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('opsnb'));
    const head = new PlacedWidget(_opsnb, () => <Project opsnb={_opsnb} />);
    head.addClass('jp-opsnb-Project');
    this.header.addWidget(head);
    (this.content as AccordionPanel).expansionToggled.connect((_, place) => this._toggled(place));
    _opsnb.sections.forEach(section => this._add(section));
    _opsnb.sectionAdded.connect((_, section) => this._add(section));
  }

  private _add(section: ISection): void {
    const opsnb = this._opsnb;
    const widget = new PlacedWidget(opsnb, () => (
      <NeedsServer opsnb={opsnb}>{React.createElement(section.body, { opsnb })}</NeedsServer>
    ));
    widget.id = `opsnb-section-${section.id}`;
    widget.addClass('jp-opsnb-Section');
    widget.title.label = section.title;
    const place = opsnb.sections.indexOf(section);
    this.insertWidget(place, widget);
    this._fold(section);
  }

  /** Open and close the sections as they were left. */
  remember(opened: Record<string, boolean>): void {
    this._opened = { ...opened, ...this._opened };
    this._opsnb.sections.forEach(section => this._fold(section));
  }

  /** Which sections the user has opened or closed. */
  get opened(): Record<string, boolean> {
    return this._opened;
  }

  /** The user has opened or closed a section. */
  readonly toggled: Signal<this, void> = new Signal<this, void>(this);

  private _toggled(place: number): void {
    if (!this._folding) {
      this._opened[this._opsnb.sections[place].id] = !this.content.widgets[place].isHidden;
      this.toggled.emit();
    }
  }

  private _fold(section: ISection): void {
    const content = this.content as AccordionPanel;
    const place = this._opsnb.sections.indexOf(section);
    const open = this._opened[section.id] ?? !section.closed;
    if (open !== content.widgets[place].isHidden) {
      return;
    }
    this._folding = true;
    if (open) {
      content.expand(place);
    } else {
      content.collapse(place);
    }
    this._folding = false;
  }

  private _folding = false;
  private _opened: Record<string, boolean> = {};
}

export const panel: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:panel',
  description: 'The side panel of opsnb',
  autoStart: true,
  requires: [IOpsnb],
  optional: [ICommandPalette, ILayoutRestorer, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    opsnb: IOpsnb,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null
  ) => {
    const { trans } = opsnb;
    const widget = new Panel(opsnb);
    app.shell.add(widget, 'left', { rank: 400, type: 'opsnb' });
    restorer?.add(widget, widget.id);
    void state?.fetch(SECTIONS).then(kept => widget.remember((kept ?? {}) as Record<string, boolean>));
    widget.toggled.connect(() => void state?.save(SECTIONS, widget.opened));
    app.commands.addCommand(SHOW, {
      label: trans.__('Show the opsnb Panel'),
      icon: opsnbIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(widget.id)
    });
    palette?.addItem({ command: SHOW, category: trans.__('opsnb') });
  }
};
