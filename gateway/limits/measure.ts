import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** How large a selection set is once its fragments are spread. Introspection counts for nothing: its shape is fixed by tools. */
export interface Size {
  depth: number;
  /** Fields at its own level. */
  breadth: number;
  /** Fields at all levels. */
  fields: number;
}

const NOTHING: Size = { depth: 0, breadth: 0, fields: 0 };

/**
 * Measures selection sets of one document. Each fragment is measured once however often it is spread, so that the cost is the
 * document's size and not its expansion's. A cycle of fragments, which another rule refuses, adds nothing.
 */
export function measurer(document: DocumentNode): (set: SelectionSetNode) => Size {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, NOTHING);
    const fragment = fragments.get(name);
    const size = fragment ? ofSet(fragment.selectionSet) : NOTHING;
    measured.set(name, size);
    return size;
  };

  const ofSelection = (selection: SelectionNode): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSet(selection.selectionSet);
    if (selection.name.value.startsWith("__")) return NOTHING;
    const inner = selection.selectionSet ? ofSet(selection.selectionSet) : NOTHING;
    return { depth: inner.depth + 1, breadth: 1, fields: inner.fields + 1 };
  };

  const ofSet = (set: SelectionSetNode): Size =>
    set.selections.map(ofSelection).reduce(
      (sum, size) => ({
        depth: Math.max(sum.depth, size.depth),
        breadth: sum.breadth + size.breadth,
        fields: sum.fields + size.fields,
      }),
      NOTHING,
    );

  return ofSet;
}
