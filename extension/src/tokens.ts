import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type React from 'react';
import type { Client } from './request';
import type { Live } from './model';

/** What every component of ours gets. */
export interface IBodyProps {
  opsnb: IOpsnb;
}

/** A section of the side panel. */
export interface ISection {
  id: string;
  title: string;
  /** Sections stand in the order of their ranks. */
  rank: number;
  body: React.ComponentType<IBodyProps>;
  /** Whether it begins closed. */
  closed?: boolean;
}

/** A kind of tab in the main area; its arguments survive a reload. */
export interface ITab {
  kind: string;
  icon?: LabIcon;
  title: (args: ReadonlyPartialJSONObject) => string;
  body: React.ComponentType<IBodyProps & { args: ReadonlyPartialJSONObject }>;
}

/** The one token: plug-ins add their sections and tabs to it, and ask the server through it. */
export interface IOpsnb {
  readonly app: JupyterFrontEnd;
  readonly trans: TranslationBundle;
  readonly client: Client;
  readonly live: Live;
  readonly sections: readonly ISection[];
  readonly sectionAdded: ISignal<IOpsnb, ISection>;
  addSection(section: ISection): void;
  addTab(tab: ITab): void;
  tab(kind: string): ITab | undefined;
  /** Open a tab, or the one that is open already with the same arguments. */
  open(kind: string, args: ReadonlyPartialJSONObject): void;
}

export const IOpsnb = new Token<IOpsnb>(
  '@opsnb/labextension:IOpsnb',
  'The runs, jobs and indexes of an opsnb workspace'
);
