import { LabIcon } from '@jupyterlab/ui-components';
import opsnbSvg from '../style/icons/opsnb.svg';

export const opsnbIcon = new LabIcon({ name: 'opsnb:logo', svgstr: opsnbSvg });
