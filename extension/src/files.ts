import type { IOpsnb } from './tokens';

/** A path below the project as JupyterLab's file browser has it, or null when it lies elsewhere. */
export function labPath(opsnb: IOpsnb, file: string): string | null {
  const card = opsnb.live.card;
  if (!card || !file || file.startsWith('/')) {
    return null;
  }
  const full = `${card.workspace.replace(/\/[^/]*$/, '')}/${file}`;
  const root = card.root.replace(/\/$/, '');
  return full.startsWith(`${root}/`) ? full.slice(root.length + 1) : null;
}

/** Open a file of the project; of a PDF at a page. */
export async function openFile(opsnb: IOpsnb, file: string, page?: number | null): Promise<void> {
  const path = labPath(opsnb, file);
  if (path === null) {
    return;
  }
  const { commands } = opsnb.app;
  if (page && commands.hasCommand('rendermime:handle-local-link')) {
    await commands.execute('rendermime:handle-local-link', { path, id: `#page=${page}` });
  } else {
    await commands.execute('docmanager:open', { path });
  }
}
