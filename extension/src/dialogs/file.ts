import { PathExt } from '@jupyterlab/coreutils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import React from 'react';
import { labPath } from '../documents';
import { FailureBox } from '../components/failure';
import type { Failure } from '../request';
import type { IOpsnb } from '../tokens';

/** A file as the lab names it, as the server's programs do, and the folder whose workspace it belongs to. */
export interface IFile {
  path: string;
  full: string;
  workspace: string;
  name: string;
}

export function isPipeline(path: string): boolean {
  return /(^|[._-])pipeline\.ya?ml$/i.test(PathExt.basename(path));
}

export function isNotebook(path: string): boolean {
  return PathExt.extname(path) === '.ipynb';
}

/** `path` as the lab gives it (a drive may stand before it). */
export function fileOf(opsnb: IOpsnb, path: string): IFile {
  const local = opsnb.app.serviceManager.contents.localPath(path);
  const root = opsnb.live.card?.root ?? '';
  return {
    path,
    full: root ? `${root.replace(/\/$/, '')}/${local}` : local,
    workspace: PathExt.dirname(local),
    name: PathExt.basename(local)
  };
}

/** Show a pipeline file's picture: its plan, or its last run. */
export async function openGraph(opsnb: IOpsnb, file: IFile, plan: boolean): Promise<void> {
  opsnb.live.follow(file.workspace);
  await opsnb.live.refresh();
  const project = opsnb.live.card?.project ?? '';
  const local = labPath(opsnb, file.full) ?? file.full;
  const below = project && local.startsWith(`${project}/`) ? local.slice(project.length + 1) : local;
  opsnb.open('dag', plan ? { file: below, plan } : { file: below });
}

/** Save the file when it has changes in the lab and the user agrees; false: the user does not. */
export async function saved(opsnb: IOpsnb, docs: IDocumentManager | null, file: IFile): Promise<boolean> {
  const widget = docs?.findWidget(file.path);
  const context = widget && docs?.contextForWidget(widget);
  if (!context || !context.model.dirty) {
    return true;
  }
  const { trans } = opsnb;
  const asked = await showDialog({
    title: trans.__('Save %1?', file.name),
    body: trans.__('It has changes that are not in the file yet; the file is what runs.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Save and Go On') })
    ]
  });
  if (asked.button.accept) {
    await context.save();
  }
  return asked.button.accept && !context.model.dirty;
}

/** Say why something cannot be done. */
export async function refuse(opsnb: IOpsnb, title: string, failure: Failure): Promise<void> {
  const { trans } = opsnb;
  await showDialog({
    title,
    body: React.createElement(FailureBox, { trans, failure }),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
