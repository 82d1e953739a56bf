/* A plugin with one thing wrong: which one, the compiler is told by -D. */
#include "segue_policy.h"

#ifndef MAJOR
#define MAJOR SEGUE_MAJOR
#endif
#ifndef MINOR
#define MINOR SEGUE_MINOR
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(segue_entry)
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof(segue_policy_table)
#endif
#ifndef DESCRIPTOR_SIZE
#define DESCRIPTOR_SIZE sizeof(segue_descriptor)
#endif
#ifndef DESCRIPTOR
#define DESCRIPTOR &descriptor.descriptor
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef DESTROY
#define DESTROY destroy
#endif
#ifndef DECIDE
#define DECIDE decide
#endif
#ifndef NAME
#define NAME "bad"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SUMMARY
#define SUMMARY "has one thing wrong"
#endif
#ifndef PARAM_COUNT
#define PARAM_COUNT 1
#endif
#ifndef PARAM_KIND
#define PARAM_KIND SEGUE_PARAM_NUMBER
#endif
#ifndef PARAM_MAX
#define PARAM_MAX 2.0
#endif
#ifndef CREATE_STATUS
#define CREATE_STATUS SEGUE_OK
#endif
#ifndef STATUS
#define STATUS SEGUE_OK
#endif
#ifndef KIND
#define KIND SEGUE_DECIDE_HOLD
#endif
#ifndef COPIES
#define COPIES 1
#endif

#ifndef EXTENSION
#define EXTENSION 0
#endif

#ifdef NO_SYMBOL

int segue_has_another_symbol(void);
int segue_has_another_symbol(void) { return 1; }

#else

/* Larger than any table, so that a size that claims more is no lie. */
typedef union { segue_policy_table policy; segue_network_table network; char room[256]; } any_table;
typedef union { segue_entry entry; char room[256]; } any_entry;
typedef union { segue_descriptor descriptor; char room[256]; } any_descriptor;

static const segue_param params[1] = {{
    PARAM_KIND, 0, SEGUE_STR("x"), SEGUE_STR("s"), SEGUE_STR("a number"),
    0.0, PARAM_MAX, 1.0, {0, 0}, 0,
}};

static const any_descriptor descriptor = {{
    DESCRIPTOR_SIZE, PARAM_COUNT, sizeof(segue_param), 0,
    SEGUE_STR(NAME), SEGUE_STR(VERSION), SEGUE_STR(SUMMARY), params,
}};

const segue_descriptor *good_descriptor(void);
const segue_descriptor *good_descriptor(void) { return &descriptor.descriptor; }

/* An instance is the number of calls so far. */
static int slots[16];
static int used;

int32_t create(const segue_setup *setup, void **instance);
int32_t create(const segue_setup *setup, void **instance) {
    (void)setup;
    slots[used % 16] = 0;
    *instance = &slots[used++ % 16];
    return CREATE_STATUS;
}

void destroy(void *instance);
void destroy(void *instance) { (void)instance; }

static int fails(void *instance) {
    int before = (*(int *)instance)++;
#ifdef ONCE
    return before == 0;
#else
    (void)before;
    return 1;
#endif
}

int32_t decide(void *instance, const segue_view *view, const segue_actions *actions,
               segue_decision *answer);
int32_t decide(void *instance, const segue_view *view, const segue_actions *actions,
               segue_decision *answer) {
    (void)view;
    (void)actions;
    if (!fails(instance)) {
        return SEGUE_OK;
    }
    answer->kind = KIND;
    return STATUS;
}

int32_t transit(void *instance, const segue_datagram *datagram, segue_fate *fate);
int32_t transit(void *instance, const segue_datagram *datagram, segue_fate *fate) {
    (void)datagram;
    fate->copies = fails(instance) ? COPIES : 1;
    return fate->copies == COPIES ? STATUS : SEGUE_OK;
}

/* A table for whatever one asks for. */
const void *extension(void *instance, segue_str id);
const void *extension(void *instance, segue_str id) {
    (void)id;
    return instance;
}

#ifdef NETWORK
static const any_table table = {
    .network = {TABLE_SIZE, 0, DESCRIPTOR, CREATE, DESTROY, transit, EXTENSION}};
#else
static const any_table table = {
    .policy = {TABLE_SIZE, 0, DESCRIPTOR, CREATE, DESTROY, DECIDE, EXTENSION}};
#endif

static int same(segue_str id, const char *text) {
    size_t i = 0;
    while (i < id.len && text[i] != 0 && (char)id.ptr[i] == text[i]) {
        i++;
    }
    return i == id.len && text[i] == 0;
}

const void *interface_table(segue_str id);
const void *interface_table(segue_str id) {
#ifdef NO_INTERFACE
    (void)table;
    return same(id, "segue.other/1") ? &table : 0;
#elif defined(NETWORK)
    return same(id, SEGUE_NETWORK_INTERFACE) ? &table : 0;
#else
    return same(id, SEGUE_POLICY_INTERFACE) ? &table : 0;
#endif
}

#ifdef NO_INTERFACE_FUNCTION
static const any_entry entry = {{MAJOR, MINOR, ENTRY_SIZE, 0, 0}};
#else
static const any_entry entry = {{MAJOR, MINOR, ENTRY_SIZE, 0, interface_table}};
#endif

const segue_entry *segue_plugin_entry(void) {
#ifdef NULL_ENTRY
    return entry.entry.major ? 0 : &entry.entry;
#else
    return &entry.entry;
#endif
}

#endif
