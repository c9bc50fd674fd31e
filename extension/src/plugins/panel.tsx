import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { SidePanel } from '@jupyterlab/ui-components';
import type { AccordionPanel } from '@lumino/widgets';
import React from 'react';
import { opsnbIcon } from '../icons';
import { NeedsServer, PlacedWidget } from '../place';
import { IOpsnb } from '../tokens';
import type { ISection } from '../tokens';

export const SHOW = 'opsnb:show-panel';

/** Whose runs these are; pinned, it stays so whatever document is in front. */
function Project({ opsnb }: { opsnb: IOpsnb }): JSX.Element {
  const { live, trans } = opsnb;
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  React.useEffect(() => {
    const slot = () => redraw();
    live.cardChanged.connect(slot);
    return () => {
      live.cardChanged.disconnect(slot);
    };
  }, [live]);
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
    if (section.stretch === 0) {
      (this.content as AccordionPanel).collapse(place);
    }
  }
}

export const panel: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:panel',
  description: 'The side panel of opsnb',
  autoStart: true,
  requires: [IOpsnb],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    opsnb: IOpsnb,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const { trans } = opsnb;
    const widget = new Panel(opsnb);
    app.shell.add(widget, 'left', { rank: 400, type: 'opsnb' });
    restorer?.add(widget, widget.id);
    app.commands.addCommand(SHOW, {
      label: trans.__('Show the opsnb Panel'),
      icon: opsnbIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(widget.id)
    });
    palette?.addItem({ command: SHOW, category: trans.__('opsnb') });
  }
};
