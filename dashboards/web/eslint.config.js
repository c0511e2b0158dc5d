import i18n from "@intlify/eslint-plugin-vue-i18n";
import prettier from "eslint-config-prettier";
import vue from "eslint-plugin-vue";
import accessibility from "eslint-plugin-vuejs-accessibility";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules", "src/api/schema.d.ts"] },
  ...ts.configs.strict,
  ...vue.configs["flat/recommended"],
  ...accessibility.configs["flat/recommended"],
  ...i18n.configs.recommended,
  prettier,
  { files: ["**/*.vue"], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    settings: {
      "vue-i18n": {
        localeDir: { pattern: "./public/texts/*.json", localeKey: "file" },
        messageSyntaxVersion: "^11.0.0",
      },
    },
    rules: {
      // What comes from outside is text: a caller chooses their own name.
      "vue/no-v-html": "error",
      "vue/no-v-text-v-html-on-component": "error",
      "vue/multi-word-component-names": "off",
      "vue/define-emits-declaration": "error",
      "vue/define-props-declaration": "error",
      // Enter also chooses a word in an input method: keys go through src/keys, which knows of compositions.
      "vue/no-restricted-v-on": ["error", { argument: "keydown" }, { argument: "keyup" }, { argument: "keypress" }],
      "@intlify/vue-i18n/no-raw-text": [
        "error",
        { ignoreNodes: ["kbd"], ignorePattern: "^[：\\s\\d·:–—…/()（）,，.。+%#]*$" },
      ],
      "@intlify/vue-i18n/no-missing-keys": "off",
      "no-restricted-properties": [
        "error",
        // The clock of a desk's computer may be wrong; src/live/clock.ts follows the service's.
        { object: "Date", property: "now", message: "use now() of @/live/clock" },
        { object: "crypto", property: "randomUUID", message: "exists only on https: use newKey() of @/api/keys" },
      ],
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "vue-i18n", message: "use useTexts() of @/texts, whose keys are typed" }] },
      ],
      "vuejs-accessibility/label-has-for": ["error", { required: { some: ["nesting", "id"] } }],
    },
  },
  {
    files: ["src/live/clock.ts", "tests/**"],
    rules: { "no-restricted-properties": "off" },
  },
  { files: ["src/texts/index.ts"], rules: { "no-restricted-imports": "off" } },
);
