import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';

/** A shallow copy of a message with some fields replaced. A spread would lose the defaults, which its prototype holds. */
export function withFields<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
  fields: Partial<MessageShape<Schema>>,
): MessageShape<Schema> {
  return Object.assign(create(schema), message, fields);
}
