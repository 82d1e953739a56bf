/* every-kind: one parameter of each kind; starts only with the values that the
 * test sends. */
#include <string.h>

#include "segue_policy.h"

#define NONE {0, 0}

static const segue_str colours[] = {SEGUE_STR("red"), SEGUE_STR("green")};

static const segue_param params[] = {
    {SEGUE_PARAM_NUMBER, 0, SEGUE_STR("number"), NONE, NONE, 0.0, 1.0, 0.5, NONE, 0},
    {SEGUE_PARAM_INTEGER, 0, SEGUE_STR("integer"), NONE, NONE, -9.0, 9.0, 0.0, NONE, 0},
    {SEGUE_PARAM_FLAG, 0, SEGUE_STR("flag"), NONE, NONE, 0.0, 1.0, 0.0, NONE, 0},
    {SEGUE_PARAM_CHOICE, 2, SEGUE_STR("choice"), NONE, NONE, 0.0, 1.0, 0.0, NONE, colours},
    {SEGUE_PARAM_TEXT, 0, SEGUE_STR("text"), NONE, NONE, 0.0, 0.0, 0.0, SEGUE_STR("hm"), 0},
    {SEGUE_PARAM_FILE, 0, SEGUE_STR("file"), NONE, NONE, 0.0, 0.0, 0.0, NONE, 0},
};

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 6, sizeof(segue_param), 0,
    SEGUE_STR("every-kind"), SEGUE_STR("1.0.0"), NONE, params,
};

static const segue_value *value(const segue_setup *setup, size_t i) {
    return (const segue_value *)(const void *)((const char *)setup->values + i * setup->value_stride);
}

static int is(segue_str text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static int32_t create(const segue_setup *setup, void **instance) {
    if (setup->size < sizeof *setup || setup->value_count != 6 || setup->seed != 99) {
        return SEGUE_INVALID;
    }
    if (value(setup, 0)->number != 0.25 || value(setup, 1)->number != -7.0 ||
        value(setup, 2)->number != 1.0 || value(setup, 3)->number != 1.0 ||
        !is(value(setup, 4)->text, "a,b+c=\xc3\xbc") || !is(value(setup, 5)->text, "12\xff")) {
        static const segue_str why = SEGUE_STR("not the values\nthat I wait for");
        setup->explain(setup->ctx, why);
        return SEGUE_INVALID;
    }
    *instance = NULL;
    return SEGUE_OK;
}

static void destroy(void *instance) { (void)instance; }

static int32_t decide(void *instance, const segue_view *view, const segue_actions *actions,
                      segue_decision *answer) {
    (void)instance;
    (void)view;
    (void)actions;
    (void)answer;
    return SEGUE_OK;
}

static const segue_policy_table table = {
    sizeof(segue_policy_table), 0, &descriptor, create, destroy, decide, 0,
};

static const void *interface_table(segue_str id) {
    return is(id, SEGUE_POLICY_INTERFACE) ? &table : NULL;
}

const segue_entry *segue_plugin_entry(void) {
    static const segue_entry entry = {
        SEGUE_MAJOR, SEGUE_MINOR, sizeof(segue_entry), 0, interface_table,
    };
    return &entry;
}
