import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { Place } from './hooks';
import type { IPlace } from './hooks';
import { FailureBox } from './components/failure';
import type { IOpsnb } from './tokens';

/** A React component in a widget: it knows whether it can be seen, and an error in it stays in it. */
export class PlacedWidget extends ReactWidget implements IPlace {
  constructor(
    private readonly _opsnb: IOpsnb,
    private readonly _body: () => JSX.Element
  ) {
    super();
    this.widget = this;
  }

  readonly widget: PlacedWidget;

  onVisible = (listener: () => void): (() => void) => {
    const slot = () => listener();
    this._seen.connect(slot);
    return () => {
      this._seen.disconnect(slot);
    };
  };

  protected render(): JSX.Element {
    return (
      <Place.Provider value={this}>
        <Guard opsnb={this._opsnb}>{this._body()}</Guard>
      </Place.Provider>
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._seen.emit();
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._seen.emit();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._seen.emit();
  }

  private readonly _seen = new Signal<this, void>(this);
}

interface IGuardState {
  error: Error | null;
}

/** Shows what went wrong in a component, and the way out. */
class Guard extends React.Component<{ opsnb: IOpsnb; children: React.ReactNode }, IGuardState> {
  state: IGuardState = { error: null };

  static getDerivedStateFromError(error: Error): IGuardState {
    return { error };
  }

  render(): React.ReactNode {
    const { error } = this.state;
    if (!error) {
      return this.props.children;
    }
    const { trans } = this.props.opsnb;
    return (
      <div className="jp-opsnb-Failure" role="alert">
        <div>{trans.__('This part of opsnb has a bug: %1', error.message)}</div>
        <button className="jp-mod-styled jp-mod-minimal" onClick={() => this.setState({ error: null })}>
          {trans.__('Draw it again')}
        </button>
      </div>
    );
  }
}

/** The server's state above anything else: what to do when it is not there. */
export function NeedsServer(props: { opsnb: IOpsnb; children: React.ReactNode }): JSX.Element {
  const { live, trans } = props.opsnb;
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  React.useEffect(() => {
    const slot = () => redraw();
    live.cardChanged.connect(slot);
    return () => {
      live.cardChanged.disconnect(slot);
    };
  }, [live]);
  if (live.failure && live.failure.status === 404) {
    return <FailureBox trans={trans} failure={live.failure} onRetry={() => void live.refresh()} />;
  }
  return <>{props.children}</>;
}
