import { badges } from './plugins/badges';
import { core } from './plugins/core';
import { files } from './plugins/files';
import { launcher } from './plugins/launcher';
import { notify } from './plugins/notify';
import { palette } from './plugins/palette';
import { panel } from './plugins/panel';
import { pipes } from './plugins/pipes';
import { project } from './plugins/project';
import { runs } from './plugins/runs';
import { status } from './plugins/status';

export { IOpsnb } from './tokens';

/** The plug-ins, each on its own feet; all but the first need the token of the first. */
export default [core, panel, project, runs, pipes, files, badges, launcher, status, palette, notify];
