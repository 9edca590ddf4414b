// Checks Kubernetes objects (YAML on standard input) against Kubernetes' published OpenAPI schemas, as the package kubernetes-models carries them:
// its validators for required fields, enums, formats and ranges, its types, through the TypeScript compiler, for fields that do not exist.
// Usage: node check.mjs FOLDER, where FOLDER holds node_modules. Prints a line an object; exits with 1 if one is wrong.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, "x.js"));
const yaml = require("js-yaml");
const ts = require("typescript");

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const objects = yaml.loadAll(Buffer.concat(chunks).toString("utf8")).filter((o) => o);

const scratch = mkdtempSync(join(folder, "check-"));
const faults = objects.map(() => []);
const sources = [];
try {
    for (const [index, object] of objects.entries()) {
        const model = `${object.apiVersion}/${object.kind}`;
        const file = join(folder, "node_modules/kubernetes-models", model + ".js");
        if (!existsSync(file)) {
            faults[index].push(`there is no ${model} in Kubernetes`);
            continue;
        }
        const { [object.kind]: Model } = await import(pathToFileURL(file));
        try {
            new Model(object).validate();
        } catch (e) {
            faults[index].push(e.message);
        }
        const source = join(scratch, `object${index}.ts`);
        writeFileSync(source, `import type { I${object.kind} } from "kubernetes-models/${model}";\nexport const object: I${object.kind} = ${JSON.stringify(object, null, 1)};\n`);
        sources.push({ index, source });
    }

    const program = ts.createProgram(sources.map((s) => s.source), {
        noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
    });
    for (const { index, source } of sources) {
        for (const diagnostic of ts.getPreEmitDiagnostics(program, program.getSourceFile(source))) {
            faults[index].push(ts.flattenDiagnosticMessageText(diagnostic.messageText, " ").trim());
        }
    }
} finally {
    rmSync(scratch, { recursive: true });
}

for (const [index, object] of objects.entries()) {
    const name = `${object.kind}/${object.metadata?.name}`;
    console.log(faults[index].length === 0 ? `${name} ok` : `${name} ${faults[index].join("; ")}`);
}
process.exitCode = faults.some((f) => f.length > 0) ? 1 : 0;
