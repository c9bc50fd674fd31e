import { core } from './plugins/core';
import { panel } from './plugins/panel';
import { pipes } from './plugins/pipes';
import { runs } from './plugins/runs';

export { IOpsnb } from './tokens';

/** The plug-ins, each on its own feet; all but the first need the token of the first. */
export default [core, panel, runs, pipes];
