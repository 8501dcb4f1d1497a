/** @file `fathom schema`: the JSON Schema of networks, for editors and other programs. */
import type { CommandSpec } from "../command.ts";
import { printJson, toJson } from "../json.ts";

export const schemaCommand: CommandSpec = {
  name: "schema",
  summary: "the JSON Schema of network descriptions",
  description: "Prints the JSON Schema of the JSON form of networks: editors complete and check with it.",
  examples: [
    ["fathom schema > net.schema.json", 'then refer to it as "$schema" in the settings of an editor'],
  ],
  async run() {
    const { netSchema } = await import("../../net/index.ts");
    const schema = netSchema();
    return { json: schema, text: `${printJson(toJson(schema))}\n` };
  },
};
