/**
 * Chooses one tab of a browser that leads: whoever holds the lock.
 *
 * The browser gives the lock on when the tab is closed or crashes, and a tab
 * that is about to be frozen gives it up. From a leader that says nothing any
 * more another tab takes it.
 */

import type { TabPorts } from "./tab-ports";

export interface Election {
  /** Takes the lead from whoever has it. */
  takeOver(): void;
  leave(): void;
}

export function elect(ports: TabPorts, name: string, onLead: () => void, onFollow: () => void): Election {
  let isLeading = false;
  let letGo = () => {};

  function stand(isSteal: boolean): void {
    letGo();
    letGo = ports.lock(name, {
      isSteal,
      onHeld: () => {
        isLeading = true;
        onLead();
      },
      onStolen: () => {
        stepDown();
        stand(false);
      },
    });
  }

  function stepDown(): void {
    if (!isLeading) return;
    isLeading = false;
    onFollow();
  }

  const unwatch = ports.onFreeze(
    () => {
      letGo();
      stepDown();
    },
    () => {
      stand(false);
      // Whatever was said meanwhile may not have been kept for this tab.
      if (!isLeading) onFollow();
    },
  );
  stand(false);
  return {
    takeOver: () => {
      if (!isLeading) stand(true);
    },
    leave: () => {
      unwatch();
      letGo();
    },
  };
}
