/** Draws a component again only when one of its props is another thing: rows of a board that did not change. */

import { Component, type ComponentType, h } from "preact";

export function memo<Props extends object>(Inner: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const names = new Set([...Object.keys(next), ...Object.keys(this.props)]) as Set<keyof Props>;
      names.delete("children" as keyof Props);
      return [...names].some((name) => !Object.is(next[name], this.props[name as keyof typeof this.props]));
    }

    override render(props: Props) {
      return h(Inner as ComponentType<object>, props);
    }
  };
}
