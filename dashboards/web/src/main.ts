import "./styles/tokens.css";
import "./styles/base.css";

import { PiniaColada } from "@pinia/colada";
import { createPinia } from "pinia";
import { createApp } from "vue";

import { watchForFaults } from "./api/faults";
import App from "./App.vue";
import { listenForKeys } from "./keys/hotkeys";
import { router } from "./router";
import { useSession } from "./session/store";
import { startTheme } from "./shell/theme";
import { watchForUpgrade } from "./shell/upgrade";
import { startTexts } from "./texts";

startTheme();
await startTexts();
const app = createApp(App).use(createPinia()).use(PiniaColada).use(router);
const session = useSession();
session.takeToken();
watchForFaults(app, () => session.person !== null && !session.expired);
listenForKeys();
watchForUpgrade();
app.mount("#app");
