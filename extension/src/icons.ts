import { LabIcon } from '@jupyterlab/ui-components';
import opsnbSvg from '../style/icons/opsnb.svg';
import runSvg from '../style/icons/run.svg';
import scheduleSvg from '../style/icons/schedule.svg';
import submitSvg from '../style/icons/submit.svg';

export const opsnbIcon = new LabIcon({ name: 'opsnb:logo', svgstr: opsnbSvg });
export const runFileIcon = new LabIcon({ name: 'opsnb:run', svgstr: runSvg });
export const submitIcon = new LabIcon({ name: 'opsnb:submit', svgstr: submitSvg });
export const scheduleIcon = new LabIcon({ name: 'opsnb:schedule', svgstr: scheduleSvg });
