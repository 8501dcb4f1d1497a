/** @file A typedoc plugin: a room's `@file` comment becomes the text of its page in the API reference. */
import { readFileSync } from "node:fs";
import { Comment, Converter, ReflectionKind } from "typedoc";

const fileComment = /^\/\*\*\s*@file\s+(.*?)\*\//s;

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      const source = module.sources?.[0];
      const found = source && fileComment.exec(readFileSync(source.fullFileName, "utf8"));
      if (!found) continue;
      const text = found[1].replaceAll(/\n\s*\*? ?/g, " ").trim();
      module.comment = new Comment([{ kind: "text", text }]);
    }
  });
}
