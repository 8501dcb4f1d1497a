/** @file The list of instructions in the making: values are written once; addresses come later (allocate.ts). */
import type { Activation, Instruction, MapValue, Space } from "./program.ts";

/** The covariance at one place of the network. */
export interface State {
  readonly nngp: MapValue;
}

/** Collects instructions, spaces and slots. */
export class Builder {
  readonly instructions: Instruction[] = [];
  readonly spaces: Space[] = [];
  slots = 0;
  #maps = 0;

  /** The space of this size. */
  space(height: number, width: number): Space {
    const found = this.spaces.find((space) => space.height === height && space.width === width);
    if (found !== undefined) return found;
    const space = { index: this.spaces.length, height, width };
    this.spaces.push(space);
    return space;
  }

  /** A value that has not been written yet. */
  map(properties: Omit<MapValue, "id">): MapValue {
    return { id: this.#maps++, ...properties };
  }

  /** Room for what an activation keeps of every position. */
  activation(space: Space, slots: number, signed: boolean): Activation {
    const offset = this.slots;
    this.slots += slots * space.height * space.width;
    return { offset, slots, signed };
  }

  emit(instruction: Instruction): MapValue {
    this.instructions.push(instruction);
    return instruction.target;
  }

  /** Puts another instruction in the place of the last, where that one wrote `value`. */
  replaceLast(value: MapValue, change: (last: Instruction) => Instruction | undefined): MapValue | undefined {
    const last = this.instructions.at(-1);
    if (last === undefined || last.target.id !== value.id) return undefined;
    const changed = change(last);
    if (changed === undefined) return undefined;
    this.instructions[this.instructions.length - 1] = changed;
    return changed.target;
  }
}
