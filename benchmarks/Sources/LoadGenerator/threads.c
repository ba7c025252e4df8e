#define _GNU_SOURCE
#include "threads.h"
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_line(const char *path, char *into, size_t room) {
  FILE *file = fopen(path, "r");
  if (!file) return false;
  bool there = fgets(into, (int)room, file);
  fclose(file);
  return there;
}

/* `worker-1` becomes `worker`; what is no letter and no digit becomes `_`. */
static void make_plain(char *name) {
  size_t count = strcspn(name, "\n");
  while (count && (isdigit((unsigned char)name[count - 1]) || name[count - 1] == '-')) count--;
  name[count] = 0;
  for (char *at = name; *at; at++)
    if (!isalnum((unsigned char)*at)) *at = '_';
}

static void add(thread_times *to, const char *name, int64_t time) {
  uint32_t at = 0;
  while (at < to->count && strcmp(to->groups[at].name, name) != 0) at++;
  if (at == most_groups) at = most_groups - 1;
  if (at == to->count) {
    to->count++;
    snprintf(to->groups[at].name, sizeof to->groups[at].name, "%s", name);
  }
  to->groups[at].time += time;
}

thread_times thread_times_of(pid_t server) {
  thread_times found = {0};
  char path[96], name[16], line[128]; /* names of threads have at most 15 bytes */
  snprintf(path, sizeof path, "/proc/%d/task", (int)server);
  DIR *tasks = opendir(path);
  if (!tasks) return found;
  for (struct dirent *task; (task = readdir(tasks));) {
    int id = atoi(task->d_name);
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)server, id);
    if (id == 0 || !read_line(path, line, sizeof line)) continue;
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)server, id);
    if (!read_line(path, name, sizeof name)) continue;
    make_plain(name);
    add(&found, name, strtoll(line, NULL, 10));
  }
  closedir(tasks);
  return found;
}

thread_times thread_times_since(const thread_times *before, const thread_times *after) {
  thread_times used = *after;
  for (uint32_t i = 0; i < used.count; i++)
    for (uint32_t j = 0; j < before->count; j++)
      if (strcmp(used.groups[i].name, before->groups[j].name) == 0)
        used.groups[i].time -= before->groups[j].time;
  return used;
}
