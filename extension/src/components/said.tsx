import React from 'react';

/** A text that a user gave: cut where there is no room, its direction its own. */
export function Said(props: { text: string; className?: string }): JSX.Element {
  return (
    <span className={`jp-opsnb-Said ${props.className ?? ''}`} title={props.text.slice(0, 2000)}>
      {props.text.slice(0, 500)}
    </span>
  );
}
