import React from 'react';

export interface IListProps<T> {
  label: string;
  total: number;
  /** The row at a place, or undefined while it is not here yet. */
  row: (index: number) => T | undefined;
  rowKey: (row: T, index: number) => string;
  draw: (row: T, index: number) => React.ReactNode;
  height?: number;
  selected?: (row: T) => boolean;
  /** Places that are on screen now; called when they change. */
  onShown?: (first: number, last: number) => void;
  onSelect?: (row: T, index: number, event: React.MouseEvent | React.KeyboardEvent) => void;
  onOpen?: (row: T, index: number) => void;
  /** A key that the list itself has no meaning for (left, right, Delete, …). */
  onKey?: (row: T, index: number, event: React.KeyboardEvent) => void;
  onMenu?: (row: T, index: number, event: React.MouseEvent) => void;
  /** ARIA of a row, such as its level and whether it is open. */
  aria?: (row: T) => React.AriaAttributes;
  tree?: boolean;
  /** Several rows can be selected: with Shift also by the arrow keys. */
  many?: boolean;
}

const EXTRA = 8;

/** A list that draws only the rows that can be seen; arrow keys, Home, End and Enter work. */
export function List<T>(props: IListProps<T>): JSX.Element {
  const { total, height = 24 } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const [range, setRange] = React.useState({ first: 0, last: 30 });
  const [wanted, setActive] = React.useState(0);
  const active = Math.min(wanted, Math.max(total - 1, 0));
  const name = React.useId ? React.useId() : props.label;

  const look = React.useCallback(() => {
    const node = box.current;
    if (node) {
      const first = Math.max(0, Math.floor(node.scrollTop / height) - EXTRA);
      const last = Math.ceil((node.scrollTop + (node.clientHeight || 300)) / height) + EXTRA;
      setRange(old => (old.first === first && old.last === last ? old : { first, last }));
    }
  }, [height]);

  React.useEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    const watcher = new ResizeObserver(look);
    watcher.observe(node);
    return () => watcher.disconnect();
  }, [look]);

  const last = Math.min(range.last, total - 1);
  React.useEffect(() => {
    if (total > 0) {
      props.onShown?.(range.first, last);
    }
  }, [range.first, last, total]);

  const go = (index: number) => {
    const place = Math.min(Math.max(index, 0), total - 1);
    setActive(place);
    const node = box.current;
    if (node) {
      node.scrollTop = Math.min(
        Math.max(node.scrollTop, (place + 1) * height - node.clientHeight),
        place * height
      );
    }
    return place;
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const page = Math.floor((box.current?.clientHeight ?? 0) / height) || 1;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: total - 1
    };
    const row = props.row(active);
    if (event.key in steps) {
      const place = go(steps[event.key]);
      const next = props.row(place);
      if (props.many && event.shiftKey && next !== undefined) {
        props.onSelect?.(next, place, event);
      }
    } else if (row === undefined) {
      return;
    } else if (event.key === 'Enter') {
      (props.onOpen ?? props.onSelect)?.(row, active, event);
    } else if (event.key === ' ') {
      props.onSelect?.(row, active, event);
    } else {
      props.onKey?.(row, active, event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const shown: number[] = [];
  for (let i = range.first; i <= last; i++) {
    shown.push(i);
  }
  return (
    <div
      className="jp-opsnb-List"
      ref={box}
      onScroll={look}
      tabIndex={0}
      role={props.tree ? 'tree' : 'listbox'}
      aria-label={props.label}
      aria-multiselectable={props.many}
      aria-activedescendant={
        active >= range.first && active <= last && props.row(active) !== undefined
          ? `${name}-${active}`
          : undefined
      }
      onKeyDown={onKeyDown}
    >
      <ul role="presentation" style={{ height: total * height }}>
        {shown.map(index => {
          const row = props.row(index);
          if (row === undefined) {
            return <li key={`wait-${index}`} role="presentation" style={{ top: index * height, height }} />;
          }
          return (
            <li
              key={props.rowKey(row, index)}
              id={`${name}-${index}`}
              role={props.tree ? 'treeitem' : 'option'}
              aria-selected={props.selected?.(row) ?? false}
              aria-setsize={total}
              aria-posinset={index + 1}
              className={index === active ? 'jp-opsnb-mod-active' : undefined}
              style={{ top: index * height, height }}
              onClick={event => {
                setActive(index);
                props.onSelect?.(row, index, event);
              }}
              onDoubleClick={() => props.onOpen?.(row, index)}
              onContextMenu={event => props.onMenu?.(row, index, event)}
              {...props.aria?.(row)}
            >
              {props.draw(row, index)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
