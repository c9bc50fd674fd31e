import { openDocument, labPath } from './documents';
import type { IOpsnb } from './tokens';

/** A path below the project as a path of the server's machine. */
const whole = (opsnb: IOpsnb, file: string) =>
  !file || file.startsWith('/')
    ? file
    : `${opsnb.live.card?.workspace.replace(/\/[^/]*$/, '') ?? ''}/${file}`;

/** Whether the lab can open a file of the project. */
export const canOpen = (opsnb: IOpsnb, file: string): boolean => labPath(opsnb, whole(opsnb, file)) !== null;

/** Open a file of the project; of a PDF at a page. */
export async function openFile(opsnb: IOpsnb, file: string, page?: number | null): Promise<void> {
  const { commands } = opsnb.app;
  const path = labPath(opsnb, whole(opsnb, file));
  if (path !== null && page && commands.hasCommand('rendermime:handle-local-link')) {
    await commands.execute('rendermime:handle-local-link', { path, id: `#page=${page}` });
  } else {
    await openDocument(opsnb, whole(opsnb, file));
  }
}
