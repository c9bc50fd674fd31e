import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IOpsnb } from './tokens';

/** The path in the lab of a path on the server's machine; null when the lab cannot open it. */
export function labPath(opsnb: IOpsnb, path: string): string | null {
  const root = opsnb.live.card?.root.replace(/\/$/, '');
  if (!path || root === undefined || !path.startsWith(`${root}/`)) {
    return null;
  }
  const inside = path.slice(root.length + 1);
  return inside.split('/').some(part => part.startsWith('.')) ? null : inside;
}

/** Cells that papermill put above and into a notebook that failed; they were never run, and nobody counts them. */
const isNotice = (tags: unknown) => Array.isArray(tags) && tags.includes('papermill-error-cell-tag');

/** Open a document of the server's machine; `beside` puts it at the right; `cell` (from 1) is gone to. */
export async function openDocument(
  opsnb: IOpsnb,
  path: string,
  how: { beside?: boolean; cell?: number } = {}
): Promise<void> {
  const inside = labPath(opsnb, path);
  if (inside === null) {
    return;
  }
  const widget = (await opsnb.app.commands.execute('docmanager:open', {
    path: inside,
    ...(how.beside ? { options: { mode: 'split-right' } } : {})
  })) as NotebookPanel | undefined;
  if (how.cell && widget && 'sessionContext' in widget) {
    await widget.context.ready;
    await widget.revealed;
    const cell = widget.content.widgets.filter(c => !isNotice(c.model.getMetadata('tags')))[how.cell - 1];
    if (cell) {
      widget.content.activeCellIndex = widget.content.widgets.indexOf(cell);
      await widget.content.scrollToCell(cell, 'start');
    }
  }
}
